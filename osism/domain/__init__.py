"""What the product decides: functions from data to data, standard library only."""
