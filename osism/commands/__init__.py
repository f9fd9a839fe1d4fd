"""The command line: one module per noun. Modules import at their top what every call needs; the
rest inside functions, so that ``--help`` stays quick."""
