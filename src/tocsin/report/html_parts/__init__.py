"""The parts of the HTML report: what is shown, how it is worded, drawn and styled."""
