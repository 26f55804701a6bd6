"""The exam as a whole: opening, saving, handing on."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("open_files", "Exam", "Open files...", ("Ctrl+O",), "open_files", "Choose image files, a DICOMDIR or a ZIP"),
    ActionSpec("open_folder", "Exam", "Open folder...", ("Ctrl+Shift+O",), "open_folder", "Open every image under a folder"),
    ActionSpec("open_sample", "Exam", "Open the sample exam", (), "open_sample", "Synthetic mammograms; no patient exists", no_key="For the first look and for training, not for the day's work"),
    ActionSpec("save", "Exam", "Save now", ("Ctrl+S",), "save_now", "Every act is saved as it happens; this tries at once", "exam"),
    ActionSpec("put_together", "Exam", "Put together with what was saved elsewhere...", ("Ctrl+M",), "put_together", "Your acts and those of another window on the same reading become one", "exam"),
    ActionSpec("save_report", "Exam", "Save report...", ("Ctrl+P",), "save_report", "Pages for people, as PDF, web page or text: findings, pictures, documented follow-up; names nobody", "exam"),
    ActionSpec("save_finding_report", "Exam", "Save report of this finding...", ("Ctrl+Alt+P",), "save_finding_report", "One page about the finding in hand", "finding"),
    ActionSpec("save_named_report", "Exam", "Save report with the patient's name...", (), "save_named_report", "With name, number, dates and UID of the exam", "exam", no_key="Naming a patient is an act of its own, never a slip of the hand"),
    ActionSpec("copy_report", "Exam", "Copy report as text", ("Ctrl+Shift+C",), "copy_report", "Plain text on the clipboard, to paste into a RIS; names nobody", "exam"),
    ActionSpec("open_report", "Exam", "Open the report saved last", ("Ctrl+Alt+O",), "open_report", "In the program this computer has for such files"),
    ActionSpec("save_findings", "Exam", "Save findings as JSON...", ("Ctrl+Shift+S",), "save_findings", "Every finding with its marks, for programs; behind pseudonyms", "exam"),
    ActionSpec("save_named_findings", "Exam", "Save findings with the UIDs of the exam...", (), "save_named_findings", "As JSON for programs that have the images too; leads back to the patient", "exam", no_key="Naming a patient is an act of its own, never a slip of the hand"),
    ActionSpec("export", "Exam", "Export for other programs...", ("Ctrl+E",), "export_exam", "DICOM objects that viewers and archives read, JSON, report; each read back and validated"),
    ActionSpec("import_annotations", "Exam", "Import annotations...", (), "import_annotations", "XML, JSON, tables or DICOM objects of data sets and other programs, as readings of their own", no_key="Once for a data set, not in the flow of reading"),
    ActionSpec("import_folder", "Exam", "Import a folder of annotations...", (), "import_folder", "A whole data set with its images: INbreast, CBIS-DDSM, VinDr-Mammo, EMBED, OMI-DB, labelme", no_key="Once for a data set, not in the flow of reading"),
    ActionSpec("save_deidentified", "Exam", "Save de-identified copy of exam...", (), "save_deidentified", "Images, reports and segmentations in a folder of your choice, with nothing in them that says who it is", "exam", no_key="Handing an exam on is an act of its own, not in the flow of reading"),
    ActionSpec("save_blacked_out", "Exam", "Save de-identified copy with text blacked out...", (), "save_blacked_out", "The same, and whatever looks like burned-in text beside the breast is black", "exam", no_key="Handing an exam on is an act of its own, not in the flow of reading"),
    ActionSpec("back_up", "Exam", "Back up all readings...", (), "back_up", "Everything the database holds in one file, looked at before it gets its name; the reading goes on", no_key="Once a day or week, not in the flow of reading"),
    ActionSpec("quit", "Exam", "Quit", ("Ctrl+Q",), "quit", "Finish saving and close the window"),
    ActionSpec("undo", "Edit", "Undo", ("Ctrl+Z",), "undo", "Take back the last act, also after a restart", "undo"),
    ActionSpec("redo", "Edit", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "Do again what was undone", "redo"),
)
# fmt: on
