"""Ansible: where plays are, how they run, what they tell, and plugins that Ansible loads."""
