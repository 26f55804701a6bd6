"""The window: places the parts and wires them. It holds no state about findings and decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QStatusBar, QWidget

from annotator.model.identity import Identity
from annotator.settings import keep_setting
from annotator.store.display_log import DisplayLog
from annotator.ui.actions import Chord, make_actions
from annotator.ui.commands.candidates import CandidateCommands
from annotator.ui.commands.compare import CompareCommands
from annotator.ui.commands.cross import CrossCommands
from annotator.ui.commands.exam import ExamCommands
from annotator.ui.commands.exporting import ExportingCommands
from annotator.ui.commands.hanging import HangingCommands
from annotator.ui.commands.help import HelpCommands
from annotator.ui.commands.keys import KeyCommands
from annotator.ui.commands.lexicon import LexiconCommands
from annotator.ui.commands.looking import LookingCommands
from annotator.ui.commands.marking import MarkingCommands
from annotator.ui.commands.merging import PANEL as MERGE_PANEL
from annotator.ui.commands.merging import MergingCommands
from annotator.ui.commands.moving import MovingCommands
from annotator.ui.commands.over_time import OverTimeCommands
from annotator.ui.commands.partner import PartnerCommands
from annotator.ui.commands.saying import SayingCommands
from annotator.ui.commands.signing import SigningCommands
from annotator.ui.commands.snapping import SnappingCommands
from annotator.ui.commands.stacks import StackCommands
from annotator.ui.commands.view import ViewCommands
from annotator.ui.commands.windows import WindowCommands
from annotator.ui.commands.worklist import WorklistCommands
from annotator.ui.desk.backups import Backups
from annotator.ui.desk.candidates import ExamCandidates
from annotator.ui.desk.compared_clusters import ComparedClusters
from annotator.ui.desk.deidentified import DeidentifiedCopies
from annotator.ui.desk.exports import Exports
from annotator.ui.desk.followed_patient import FollowedPatient
from annotator.ui.desk.imports import Imports
from annotator.ui.desk.merging import Merging
from annotator.ui.desk.reading_desk import ReadingDesk
from annotator.ui.display.displays import Displays
from annotator.ui.faults.error_bar import ErrorBar
from annotator.ui.faults.errors_in_window import ErrorsInWindow
from annotator.ui.hanging.cad_reading import CadReading
from annotator.ui.hanging.candidate_search import CandidateSearch
from annotator.ui.hanging.exam_view import ExamView
from annotator.ui.hanging.left_exams import LeftExams
from annotator.ui.hanging.read_ahead import ReadAhead
from annotator.ui.keys.chord_legend import ChordLegend
from annotator.ui.keys.profiles import Profiles
from annotator.ui.looking.lens import Lens
from annotator.ui.panels.candidates import CandidatesPanel
from annotator.ui.panels.compare import ComparePanel
from annotator.ui.panels.files_problem import FilesProblemPanel
from annotator.ui.panels.finding import FindingPanel
from annotator.ui.panels.follow_up import FollowUpPanel
from annotator.ui.panels.history import HistoryPanel
from annotator.ui.panels.merge import MergePanel
from annotator.ui.panels.signed_note import SignedNote
from annotator.ui.panels.thumbnails import ThumbnailsPanel
from annotator.ui.panels.timeline import TimelinePanel
from annotator.ui.panels.worklist import WorklistPanel
from annotator.ui.panes.viewport_grid import ViewportGrid
from annotator.ui.pictures.picture_shelf import PictureShelf, picture_budget
from annotator.ui.task_runner import TaskRunner
from annotator.ui.tour.card import TourCard
from annotator.ui.tour.guided_tour import PANEL, GuidedTour
from annotator.ui.window.clusters_in_window import ClustersInWindow
from annotator.ui.window.copying import NoCopyBySlip
from annotator.ui.window.docks import WindowDocks, stacked
from annotator.ui.window.exam_strip import ExamStrip
from annotator.ui.window.indexed_in_window import IndexedInWindow
from annotator.ui.window.long_work import LongWork
from annotator.ui.window.menu import whole_menu
from annotator.ui.window.names import WindowNames
from annotator.ui.window.noted_openings import NotedOpenings
from annotator.ui.window.pane_thumbnails import PaneThumbnails
from annotator.ui.window.pixels_in_window import PixelsInWindow
from annotator.ui.window.places import WindowPlaces
from annotator.ui.window.pointing import Pointing
from annotator.ui.window.reading_in_window import ReadingInWindow
from annotator.ui.window.recent_places import RecentPlaces
from annotator.ui.window.start_page import StartPage
from annotator.ui.window.status_line import StatusLine
from annotator.ui.window.surroundings import Surroundings
from annotator.ui.window.titles import WindowTitle
from annotator.ui.window.unsaved_question import UnsavedQuestion
from annotator.ui.window.words_in_window import WordsInWindow
from annotator.ui.words.exam_names import ExamNames
from annotator.workspace import Workspace


class MainWindow(QMainWindow):
    """`open_paths` is the one way in; closing waits until every act is saved.

    `hands` are the objects whose methods are the slots of the actions. `places` is the file that remembers
    where things stood; the reader's own when it is None.
    """

    def __init__(self, workspace: Workspace, runner: TaskRunner, places: Path | None = None) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.resize(1600, 900)
        self.runner = runner
        self.places = WindowPlaces(self, places)
        self._make_parts(workspace)
        self.hands = self._make_hands()
        self.actions_by_id = make_actions(self, self.grid, self.hands)
        self.menu = whole_menu(self.actions_by_id, self)
        self._window_names = WindowNames(self)
        self.strip = ExamStrip(self.menu, self.names)
        self._legend = ChordLegend(workspace.lexicon, self)
        self._place_parts()
        self._wire()
        self.key_commands.follow()
        self.places.restore()
        for name in (PANEL, MERGE_PANEL):
            self.docks[name].hide()
        self.hanging_commands.restore()
        self.shown_reading.enable()

    def open_paths(self, paths: Sequence[Path]) -> None:
        """List and open files, folders, DICOMDIRs and ZIPs."""
        self.recent.opening(paths)
        self.desk.open_paths(paths)

    def show_images(self) -> None:
        """The images in place of the start page."""
        self._pages.setCurrentWidget(self.grid)

    def show_panel(self, name: str) -> None:
        """Bring a panel into sight."""
        self.docks.show(name)

    def toggle_panel(self, name: str) -> None:
        """Show a panel, or hide it."""
        self.docks.toggle(name)

    def toggle_images_only(self) -> None:
        """Hide everything but the images, or bring back what was there."""
        self.docks.toggle_images_only()
        self.hanging_commands.show_images_only(self.docks.images_only)

    def open_legend(self, chord: Chord, back: QWidget, note: str = "") -> None:
        """Open the legend of a chord where it covers no tissue: over the findings, else in the corner."""
        session = self.desk.session
        self._legend.open(chord, back, note, None if session is None else session.lexicon)

    def closeEvent(self, event: QCloseEvent) -> None:
        # a hand on the frame of the window, not the end of the session or of the program
        if event.spontaneous() and self.long_work.holds_back(self.close):
            event.ignore()
            return
        if not self.desk.close_session():
            event.ignore()
            self._ask_to_leave(self.close)
            return
        self.places.keep()
        self.read_ahead.stop()
        self.indexed.close()
        self.marked_pixels.stop()
        self.over_time_commands.stop()
        self.exporting_commands.stop()
        self.candidate_commands.stop()
        self.cad_reading.stop()
        self.exam_view.close_exam()
        self.hanging_commands.close_second()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self.start_page.show_dropping(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.start_page.show_dropping(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.start_page.show_dropping(False)
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.open_paths(paths)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._legend.close_legend()
        self.key_commands.search.close_search()
        self.follow_up_panel.fit_height()
        self.signing_commands.place_card()

    def _make_hands(self) -> tuple[object, ...]:
        """The objects whose methods are the slots of the actions; parts of the window ask some of them too."""
        self.stack_commands = StackCommands(self)
        self.exam_commands = ExamCommands(self)
        self.exporting_commands = ExportingCommands(self)
        self.marking_commands = MarkingCommands(self)
        self.snapping_commands = SnappingCommands(self)
        self.saying_commands = SayingCommands(self)
        self.cross_commands = CrossCommands(self)
        self.view_commands = ViewCommands(self)
        self.window_commands = WindowCommands(self)
        self.looking_commands = LookingCommands(self)
        self.hanging_commands = HangingCommands(self)
        self.worklist_commands = WorklistCommands(self)
        self.key_commands = KeyCommands(self)
        self.moving_commands = MovingCommands(self)
        self.merging_commands = MergingCommands(self)
        self.signing_commands = SigningCommands(self)
        self.over_time_commands = OverTimeCommands(self)
        self.candidate_commands = CandidateCommands(self)
        self.partner_commands = PartnerCommands(self)
        self.compare_commands = CompareCommands(self)
        self.help_commands = HelpCommands(self)
        self.lexicon_commands = LexiconCommands(self)
        self.words = WordsInWindow(self)
        return (
            self.exam_commands,
            self.exporting_commands,
            self.marking_commands,
            self.snapping_commands,
            self.saying_commands,
            self.cross_commands,
            self.view_commands,
            self.window_commands,
            self.stack_commands,
            self.help_commands,
            self.lexicon_commands,
            self.key_commands,
            self.moving_commands,
            self.merging_commands,
            self.looking_commands,
            self.hanging_commands,
            self.worklist_commands,
            self.signing_commands,
            self.over_time_commands,
            self.candidate_commands,
            self.partner_commands,
            self.compare_commands,
            self.words,
        )

    def _make_parts(self, workspace: Workspace) -> None:
        runner, settings = self.runner, workspace.settings
        self.displays = Displays(settings.grey_output, runner, DisplayLog(), self)
        self.profiles = Profiles(self.places.file.with_name("profiles.toml"), self)
        self.desk = ReadingDesk(workspace, runner, self)
        self.grid = ViewportGrid()
        self.lens = Lens(self.grid)
        self.names = ExamNames(self)
        self.names.set_hidden(settings.pseudonyms)
        self.worklist = WorklistPanel(self.names)
        self.thumbnails = ThumbnailsPanel()
        self.finding_panel = FindingPanel(workspace.lexicon)
        self.follow_up_panel = FollowUpPanel(workspace.lexicon)
        self.history = HistoryPanel()
        self.signed_note = SignedNote()
        self.followed = FollowedPatient(self.desk, runner, self)
        self.candidates = ExamCandidates(self.desk, self.profiles, self)
        self.candidates_panel = CandidatesPanel(self.candidates)
        self.timeline = TimelinePanel(self.followed, workspace.lexicon)
        self.compared = ComparedClusters(self.desk, runner, lambda: not self.candidates.why_hidden, self)
        self.candidates.changed.connect(self.compared.take_back_candidates)
        self.compare = ComparePanel(self.compared, workspace.lexicon)
        self.merging = Merging(self.desk, runner, self)
        self.merge_panel = MergePanel()
        self.problems = FilesProblemPanel()
        self.status = StatusLine(settings.reader)
        stack_bytes = round(settings.stack_memory_mb * 1e6)
        shelf = PictureShelf(picture_budget(settings.picture_memory_mb))
        self.exam_view = ExamView(
            self.grid, self.thumbnails, runner, self, stack_bytes=stack_bytes, shelf=shelf
        )
        self.exports = Exports(workspace, runner, self)
        self.backups = Backups(workspace, runner, self)
        self.copies = DeidentifiedCopies(workspace, runner, self)
        self.imports = Imports(self.desk, runner, self)
        self.errors = ErrorBar()
        self.long_work = LongWork(self.status, self.errors, self)
        self.tour_card = TourCard()
        self.recent = RecentPlaces(self.places.file, self, kept=settings.last_places)
        self._unsaved = UnsavedQuestion(self.exports, self)

    def _place_parts(self) -> None:
        self.setMenuWidget(self.strip)
        self._pages = QStackedWidget()
        self.start_page = StartPage(self.actions_by_id, self.recent, self.profiles, self.runner)
        self._pages.addWidget(self.start_page)
        self._pages.addWidget(self.grid)
        self.setCentralWidget(stacked(self._pages, above=self.errors))
        self.start_page.setFocus()
        bar = QStatusBar()
        bar.setSizeGripEnabled(False)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.addWidget(self.status, 1)
        self.setStatusBar(bar)
        panels: dict[str, QWidget] = {
            "worklist": self.worklist,
            "thumbnails": self.thumbnails,
            "findings": stacked(self.finding_panel, self.follow_up_panel, above=self.signed_note),
            "candidates": self.candidates_panel,
            "history": self.history,
            "timeline": self.timeline,
            "compare": self.compare,
            MERGE_PANEL: self.merge_panel,
            "problems": self.problems,
            PANEL: self.tour_card,
        }
        self.docks = WindowDocks(self, panels)

    def _wire(self) -> None:
        self.pointing = Pointing(self)
        self.shown_reading = ReadingInWindow(self)
        self.surroundings = Surroundings(self)
        self.clusters = ClustersInWindow(self)
        self.troubles = ErrorsInWindow(self)
        self.tour = GuidedTour(self)
        desk, say = self.desk, self.status.show_message
        desk.closing.connect(self.finding_panel.commit_comment)
        self._follow_long_work()
        for part in (desk, self.exports, self.backups, self.copies, self.imports, self.exam_view):
            part.message.connect(say)
        self.imports.over.connect(self.status.take_back)
        self.left_exams = LeftExams(desk, self.exam_view, self.grid)
        desk.exam_changed.connect(self.left_exams.bring_back)
        self.read_ahead = ReadAhead(desk, self.exam_view, self.worklist, self.grid, self.runner)
        self.read_ahead.ready.connect(self.worklist.show_ready)
        self.candidate_search = CandidateSearch(
            self.candidates, desk, self.exam_view, self.read_ahead, self.grid, self.profiles, self.runner
        )
        self.candidate_commands.follow(self.candidate_search)
        self.cad_reading = CadReading(self.candidates, desk, self.exam_view, self.runner)
        coverage = self.looking_commands.coverage
        self.pane_thumbnails = PaneThumbnails(self.thumbnails, self.exam_view, self.grid, coverage)
        self.worklist.exam_chosen.connect(desk.open_exam)
        self.indexed = IndexedInWindow(self)
        self.marked_pixels = PixelsInWindow(self)
        self.worklist.problems_wanted.connect(lambda: self.show_panel("problems"))
        self.strip.layout_chosen.connect(self.hanging_commands.use_layout)
        self.exam_view.layout_changed.connect(self.strip.show_layout)
        desk.exam_changed.connect(lambda exam: self.recent.opened(Identity.of(exam)))
        self.title = WindowTitle(self)
        self._no_slip = NoCopyBySlip(self)
        self._noted = NotedOpenings(self)
        self.start_page.place_chosen.connect(lambda place: self.open_paths([place]))
        self.start_page.keep_places.connect(self._keep_places)
        self._legend.picked.connect(self.saying_commands.chord_picked)
        self._legend.resized.connect(self._place_legend)

    def _follow_long_work(self) -> None:
        work, desk = self.long_work, self.desk
        forms, project = self.exporting_commands.exporting, self.exporting_commands.project
        goes_on = "exporting into that folder again goes on with it"
        brought = "what was brought in stays, and the same again goes on"
        copied = "whole copies stay, and copying into that folder again goes on"
        desk.progress.connect(work.add("files", desk.cancel_listing))
        self.exports.progress.connect(work.add("pictures", self.exports.cancel))
        self.backups.progress.connect(
            work.add("pages of the database", self.backups.cancel, "no backup is written")
        )
        self.copies.progress.connect(work.add("files copied", self.copies.cancel, copied))
        self.imports.progress.connect(work.add("parts of the import", self.imports.cancel, brought))
        forms.progress.connect(work.add("forms exported", forms.cancel, "files that were written stay"))
        project.progress.connect(work.add("exams exported", project.cancel, goes_on))

    def _keep_places(self, kept: bool) -> None:
        self.recent.keep(kept)
        settings = self.desk.workspace.settings
        self.runner.write(
            lambda: keep_setting(settings, "last_places", kept),
            on_error=lambda error: self.errors.show_error(str(error)),
        )

    def _place_legend(self) -> None:
        legend = self._legend
        legend.move(self.width() - legend.width() - 12, self.height() - legend.height() - 40)

    def _ask_to_leave(self, leave: Callable[[], object]) -> None:
        session = self.desk.session
        if session is not None:
            self._unsaved.ask(session, leave)
