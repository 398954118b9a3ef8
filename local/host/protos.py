"""The message types that the Functions worker library takes and gives, as plain Python objects.

Azure's host and its Python worker talk gRPC; the worker library itself only ever touches attributes of the
messages, so these stand-ins are enough and no protobuf is generated. Used by worker.py (which hands this
module to the library as its `protos`), and by triggers and outputs to build and read values.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar


class TypedData:
    """One value and its kind: `TypedData(json="[1]")`; kinds are string, json, bytes, http, int, double.

    `TypedData()` holds nothing, which is what an activity without input gets.
    """

    __slots__ = ("kind", "value")

    def __init__(self, **value: Any) -> None:
        if len(value) > 1:
            raise TypeError("TypedData holds one value")
        self.kind: str | None = None
        self.value: Any = None
        for self.kind, self.value in value.items():
            pass

    def WhichOneof(self, group: str) -> str | None:  # noqa: N802 - protobuf's name
        """The kind of the value, as protobuf's method of that name answers."""
        return self.kind

    def __getattr__(self, name: str) -> Any:
        # The library probes for attributes and counts on AttributeError, so only the value's own kind exists.
        if name == self.kind:
            return self.value
        raise AttributeError(name)


@dataclass(frozen=True)
class ParameterBinding:
    """A value for, or from, the parameter `name`."""

    name: str
    data: TypedData | None

    def WhichOneof(self, group: str) -> str:  # noqa: N802 - protobuf's name
        """Values always travel inline: there is no shared memory here."""
        return "data"


@dataclass(frozen=True)
class RpcHttp:
    """An HTTP request (method, url, params, query) or response (status_code, cookies)."""

    method: str = ""
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: TypedData | None = None
    status_code: str = "200"
    cookies: list["RpcHttpCookie"] | None = None
    enable_content_negotiation: bool = False


@dataclass(frozen=True)
class Nullable:
    """Every Nullable… message of the protocol: a value that may be absent."""

    value: Any


NullableString = NullableBool = NullableDouble = NullableTimestamp = Nullable


@dataclass(frozen=True)
class RpcHttpCookie:
    """A cookie of a response; each optional field is a Nullable or None."""

    class SameSite:
        """The protocol's numbers; `None` is a keyword, so it is set below."""

        Lax: ClassVar[int] = 1
        Strict: ClassVar[int] = 2
        ExplicitNone: ClassVar[int] = 3

    name: str
    value: str
    domain: Nullable | None = None
    path: Nullable | None = None
    expires: Nullable | None = None
    secure: Nullable | None = None
    http_only: Nullable | None = None
    same_site: int = 0
    max_age: Nullable | None = None


setattr(RpcHttpCookie.SameSite, "None", 0)


@dataclass(frozen=True)
class BindingInfo:
    """Type and direction of one binding, for the library's own checks while indexing."""

    out: ClassVar[int] = 1
    inout: ClassVar[int] = 2
    undefined: ClassVar[int] = 0

    type: str
    data_type: Any
    direction: int


@dataclass(frozen=True)
class RpcException:
    """An exception of a function: `Type: message`, and the stack trace."""

    message: str
    stack_trace: str = ""


@dataclass(frozen=True)
class StatusResult:
    """How a request to the worker ended."""

    Failure: ClassVar[int] = 0
    Success: ClassVar[int] = 1

    status: int
    exception: RpcException | None = None


@dataclass(frozen=True)
class WorkerMetadata:
    """What the worker says about itself."""

    runtime_name: str
    runtime_version: str
    worker_version: str
    worker_bitness: str
    custom_properties: dict[str, str]


@dataclass(frozen=True)
class WorkerInitResponse:
    """The app is indexed, or it could not be."""

    result: StatusResult
    capabilities: dict[str, str] = field(default_factory=dict)
    worker_metadata: WorkerMetadata | None = None


@dataclass(frozen=True)
class RpcRetryOptions:
    """A function's own retry policy (`@app.retry`)."""

    max_retry_count: int
    retry_strategy: str
    delay_interval: Any = None
    minimum_interval: Any = None
    maximum_interval: Any = None


@dataclass(frozen=True)
class RpcFunctionMetadata:
    """One function: its id, its name and its bindings as JSON texts."""

    name: str
    function_id: str
    raw_bindings: list[str]
    directory: str = ""
    script_file: str = ""
    entry_point: str = ""
    language: str = ""
    is_proxy: bool = False
    managed_dependency_enabled: bool = False
    bindings: dict[str, BindingInfo] = field(default_factory=dict)
    retry_options: RpcRetryOptions | None = None
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FunctionMetadataResponse:
    """All functions of the app; None where there is no function_app.py."""

    use_default_metadata_indexing: bool
    function_metadata_results: list[RpcFunctionMetadata] | None
    result: StatusResult


@dataclass(frozen=True)
class InvocationResponse:
    """What an invocation returned (`return_value`, and `output_data` by parameter), or how it failed."""

    invocation_id: str
    result: StatusResult
    return_value: TypedData | None = None
    output_data: list[ParameterBinding] = field(default_factory=list)
