"""The starter tasks: functions that draw samples and write worked answers to them."""
