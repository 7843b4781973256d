"""Reads admins' own CSV and xlsx exports: recognises them, shows what is wrong, proposes systems and a mapping."""

from connector.exports.answers import Answer, record_answer
from connector.exports.load import Counts, Edited
from connector.exports.propose import FileReport, Proposal, Status, TablePlan, plan_folder
from connector.exports.recognise import Grade, Reason, Recognition, recognise
from connector.exports.shapes import shape_names
from connector.exports.table import Table, open_table
from connector.exports.write import Outcome, lines_of, write_folder

__all__ = [
    "Answer",
    "Counts",
    "Edited",
    "FileReport",
    "Grade",
    "Outcome",
    "Proposal",
    "Reason",
    "Recognition",
    "Status",
    "Table",
    "TablePlan",
    "lines_of",
    "open_table",
    "plan_folder",
    "recognise",
    "record_answer",
    "shape_names",
    "write_folder",
]
