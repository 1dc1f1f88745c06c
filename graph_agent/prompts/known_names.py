"""What a prompt may tell below ``sample`` about what the code made: nothing it could choose freely.

Code can turn a value into a class's name, a column's name or a size. So a name is told only if it
existed before the code ran: in Python, in the main libraries, in the request, in the given data's
summaries or in the code's own text. Sizes over :data:`MAX_EXACT` are told only if they were known.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import re
from collections.abc import Iterable
from functools import cached_property

from graph_agent.prompts.conversation import told_requests
from graph_agent.records import Attempt
from graph_agent.state import AgentState

MAX_EXACT = 20
"""Sizes up to here are told; they reveal little, and a table of months has twelve rows."""
HIDDEN = "…"
UNNAMED_ERROR = "an error"

_ERRORS = """
    AbsoluteLinkError AbsolutePathError AbstractMethodError ArgumentRemovedError ArrowCancelled
    ArrowCapacityError ArrowException ArrowIndexError ArrowInvalid ArrowKeyError
    ArrowMemoryError ArrowNotImplementedError ArrowSerializationError ArrowTypeError
    AttributeConflictWarning AttributeRemovedError AxisError BadGzipFile BadStatusLine
    BadZipFile BrokenExecutor CSSWarning CacheWriteWarning CalledProcessError CancelledError
    CannotSendHeader CannotSendRequest CategoricalConversionWarning CategoricalRemappingWarning
    ChainedAssignmentError ChronoFormatWarning Clamped ClosedFileError CollinearityWarning
    ColumnNotFoundError ComplexWarning CompressionError ComputeError ContentTooShortError
    ConvergenceWarning ConversionSyntax CustomUFuncWarning DTypePromotionError
    DataConversionWarning DataDimensionalityWarning DataError DataOrientationWarning
    DatabaseError DecimalException DivisionByZero DivisionImpossible DivisionUndefined
    DomainWarning DtypeWarning DuplicateError DuplicateLabelError DuplicateOptionError
    DuplicateSectionError EOFHeaderError EfficiencyWarning Empty EmptyDataError EmptyHeaderError
    Error EstimationWarning EstimatorCheckFailedWarning ExtractError FilterError
    FitFailedWarning FloatOperation FrozenInstanceError Full HTTPError HTTPException HeaderError
    HessianInversionWarning HypothesisTestWarning IOWarning ImproperConnectionState
    IncompatibilityWarning IncompatibleFrequency Incomplete IncompleteRead
    InconsistentVersionWarning IndexingError Inexact InfeasibleTestError IntCastingNaNError
    IntegrityError InterfaceError InternalError InterpolationDepthError InterpolationError
    InterpolationMissingOptionError InterpolationSyntaxError InterpolationWarning
    InvalidColumnName InvalidComparison InvalidContext InvalidHeaderError InvalidIndexError
    InvalidOperation InvalidOperationError InvalidStateError InvalidTZPathWarning
    InvalidTestWarning InvalidURL InvalidVersion IterationLimitWarning JSONDecodeError LZMAError
    LargeZipFile LinAlgError LinAlgWarning LineTooLong LinkOutsideDestinationError
    LossySetitemError MapWithoutReturnDtypeWarning MergeError MissingDataError
    MissingSectionHeaderError ModelWarning ModuleDeprecationWarning ModuleUnavailableWarning
    ModuleUpgradeRequiredError NoBufferPresent NoDataError NoOptionError NoRowsReturnedError
    NoSectionError NotConnected NotFittedError NotImplementedWarning NotSupportedError
    NullFrequencyError NumExprClobberingError NumbaUtilError OperationalError OptionError
    OutOfBoundsDatetime OutOfBoundsError OutOfBoundsTimedelta OutputWarning
    OutsideDestinationError Overflow Pandas4Warning Pandas5Warning PandasChangeWarning
    PandasDeprecationWarning PandasFutureWarning PandasPendingDeprecationWarning
    ParameterCollisionError ParseError ParserError ParserWarning ParsingError
    PerfectSeparationError PerfectSeparationWarning PerformanceWarning PickleError PicklingError
    PolarsError PolarsInefficientMapWarning PolarsWarning PositiveSpectrumWarning
    PossibleDataLossError PossiblePrecisionLoss PrecisionWarning ProgrammingError
    PyperclipException PyperclipWindowsException QhullError RankWarning ReadError
    RemoteDisconnected ResponseNotReady Rounded RowsError SQLInterfaceError SQLSyntaxError
    SchemaError SchemaFieldNotFoundError ShapeError SingularMatrixWarning SkipTestWarning
    SpecialFileError SpecificationError SpecificationWarning StatisticsError StreamError
    StringCacheMismatchError StructFieldNotFoundError Subnormal SubprocessError
    SubsequentHeaderError TarError TimeoutExpired TooHardError TooManyRowsReturnedError
    TruncatedHeaderError URLError UndefinedMetricWarning UndefinedVariableError Underflow
    UnidentifiedImageError UnimplementedFileMode UnknownProtocol UnknownTransferEncoding
    UnpicklingError UnsetMetadataPassedError UnsortedIndexError UnstableWarning
    UnsuitableSQLError UnsupportedFunctionCall UnsupportedOperation ValueLabelTypeMismatch
    ValueWarning VisibleDeprecationWarning X13Error X13NotFoundError X13Warning
    ZoneInfoNotFoundError error
"""
LIBRARY_ERRORS = frozenset(_ERRORS.split())
"""Exceptions of the image's libraries and of the standard library's modules."""
_TYPES = """
    ndarray matrix generic float16 float32 float64 float128 longdouble complex64 complex128 int8
    int16 int32 int64 uint8 uint16 uint32 uint64 bool_ str_ bytes_ datetime64 timedelta64 void
    DataFrame Series Index RangeIndex MultiIndex DatetimeIndex TimedeltaIndex PeriodIndex
    IntervalIndex CategoricalIndex Timestamp Timedelta Period Interval Categorical NaT NAType
    NaTType Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64 boolean string
    category interval period Sparse Utf8 String Boolean Date Datetime Duration Time Enum List Array
    Struct Binary Null Unknown large_string large_utf8 double halffloat dictionary timestamp date32
    date64 time32 time64 duration decimal decimal128 Table RecordBatch ChunkedArray Scalar
    csr_matrix csc_matrix coo_matrix csr_array csc_array coo_array Decimal Fraction UUID date
    datetime time timedelta timezone ZoneInfo Counter OrderedDict defaultdict deque namedtuple
    SimpleNamespace Namespace PurePath PurePosixPath PosixPath Path Pattern NoneType ellipsis
    ResultRecord ResultTuple ResultDict Figure Axes function lock generator module method
    pandas numpy polars pyarrow scipy sparse sklearn statsmodels matplotlib seaborn plotly
    collections datetime decimal fractions uuid pathlib re types argparse zoneinfo _thread sandbox
    ns us ms s D UTC tz structured python pyarrow extension item values indices ordered
"""
_WORDS = """
    a an of all named and row rows column columns columns: index value values item items key keys
    character characters byte bytes bit bits field fields level levels more attribute attributes
    shape stored elements tuple the among first with class is are empty members parameters fitted
    not evaluated makes call as bound arguments positional repr path suffix does exist here file
    folder iterator consumed inspecting it raised member subclass masked also has unhashable too
    large long many over limit name its code did define another same type variables variable figure
    figures other files Described briefly to save space left out None True False no
"""
VOCABULARY = frozenset((*_TYPES.split(), *_WORDS.split(), *dir(builtins)))
_TOKEN = re.compile(
    r"""(?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|['"][^\n]*)"""
    r"|(?P<shape>(?<=shape )\([\d, ]*\))"
    r"|(?P<count>\b\d[\d,]*(?= "
    r"(?:row|column|value|item|key|character|byte|field|level|attribute|stored)s?\b))"
    r"|(?P<word>\w+)"
    r"|(?P<mark>[^\w\n()\[\]<>,.:=|×→…\- ])"
)
_RUN = re.compile(rf"{HIDDEN}(?:[.,\-=]*{HIDDEN})+|'{HIDDEN}'(?:, '{HIDDEN}')+")
"""Neighbours that are told as one: their number could mean something."""


class KnownNames:
    """What was known before the code ran."""

    def __init__(self, state: AgentState, attempts: Iterable[Attempt] = ()) -> None:
        self._state, self._attempts = state, list(attempts)

    @cached_property
    def _text(self) -> str:
        return "\n".join(dict.fromkeys(_texts(self._state, self._attempts)))

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(re.findall(r"\w+", self._text))

    def has(self, name: str) -> bool:
        """Whether a name is spelled out somewhere, as a whole."""
        if name in self._words:
            return True
        # The text may be long: a regular expression looks only for what is certainly in it.
        if not name.strip() or re.fullmatch(r"\w+", name) or name not in self._text:
            return False
        spelled_out = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])")
        return spelled_out.search(self._text) is not None

    def error(self, name: str) -> str:
        """Return an exception's name, or words that stand for one."""
        built_in = isinstance(getattr(builtins, name, None), type)
        return name if built_in or name in LIBRARY_ERRORS or self.has(name) else UNNAMED_ERROR

    def count(self, number: int) -> str:
        """Return a size, or that it is large."""
        exact = number <= MAX_EXACT or str(number) in self._words or self.has(f"{number:,}")
        return f"{number:,}" if exact else f"over {MAX_EXACT}"

    def told(self, summary: str) -> str:
        """Return a text about what the code made without what wasn't known before."""
        shown = _RUN.sub(_first, _TOKEN.sub(self._token, summary))
        return "\n".join(line for line, _ in itertools.groupby(shown.split("\n")))

    def _token(self, found: re.Match[str]) -> str:
        token = found[0]
        if found["text"]:
            return token if self.has(_unquoted(token)) else f"'{HIDDEN}'"
        if found["shape"]:
            return re.sub(r"\d+", lambda size: self.count(int(size[0])), token)
        if found["count"]:
            return self.count(int(token.replace(",", "")))
        if found["word"]:
            return token if token in VOCABULARY or self._is_known_word(token) else HIDDEN
        return HIDDEN

    def _is_known_word(self, word: str) -> bool:
        return not word.isdecimal() and word in self._words


def _first(run: re.Match[str]) -> str:
    return f"'{HIDDEN}'" if run[0].startswith("'") else HIDDEN


def _unquoted(literal: str) -> str:
    try:
        return str(ast.literal_eval(literal))
    except (SyntaxError, ValueError):  # cut off
        return literal[1:]


def _texts(state: AgentState, attempts: Iterable[Attempt]) -> Iterable[str]:
    """List what people and the model wrote, and what the model saw of the given data."""
    yield state.get("request") or ""
    yield state.get("checks") or ""
    yield from state.get("returns") or ()
    for summary in state.get("summaries") or ():
        yield str(summary.get("name") or "")
        yield str(summary.get("text") or "")
        yield from map(str, summary.get("columns") or ())
    for earlier in told_requests(state):
        yield earlier.request
        yield earlier.code
    for attempt in state.get("attempts") or ():
        yield str(attempt.get("code") or "")
        yield str((attempt.get("review") or {}).get("written") or "")
    for given in attempts:
        yield given.code
