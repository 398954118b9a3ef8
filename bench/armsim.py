"""The simulator itself: how many requests one core serves, whether size costs time, memory, and start-up.

Requests go over HTTPS on kept connections, written by hand, so that the client costs little. `requests / s` counts the
server's processor seconds, which is what one core serves; the wall clock's figures are details.
"""

import asyncio
import itertools
import json
import os
import ssl
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from bench.measure import Bound, Measure
from bench.processes import BenchError, Child, child

LEAST_GETS, LEAST_PUTS, MOST_START, MOST_RATIO = 1500, 300, 0.7, 1.2
REQUESTS, VERSIONS, CONNECTIONS = 3000, 10_000, 8
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_GALLERY, _COMPUTE, _GROUPS = "2024-03-03", "2024-07-01", "2024-11-01"


class Server:
    """One simulator, with a raw client for it."""

    def __init__(self, process: Child, ready: dict[str, str], token: str) -> None:
        self.process, self.ready, self._token = process, ready, token
        self._context = ssl.create_default_context(cafile=ready["caFile"])
        self._host = urlsplit(ready["armEndpoint"])

    @property
    def group(self) -> str:
        """Id of the resource group that everything is in."""
        return f"/subscriptions/{self.ready['subscriptionId']}/resourceGroups/rg"

    def request(self, method: str, path: str, version: str, body: object = None) -> bytes:
        """One request as it goes over the wire."""
        sent = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path}?api-version={version} HTTP/1.1\r\nHost: {self._host.netloc}\r\n"
            f"Authorization: Bearer {self._token}\r\nContent-Type: application/json\r\nContent-Length: {len(sent)}\r\n"
        )
        return head.encode() + b"\r\n" + sent

    async def send(self, requests: Iterable[bytes], wanted: set[int]) -> list[float]:
        """Send all of them on a few connections; the seconds that each took. BenchError for another status."""
        waiting, taken = iter(list(requests)), list[float]()

        async def worker() -> None:
            reader, writer = await asyncio.open_connection(
                self._host.hostname, self._host.port, ssl=self._context, server_hostname="localhost"
            )
            for one in waiting:
                began = time.perf_counter()
                writer.write(one)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                body = await reader.readexactly(length)
                taken.append(time.perf_counter() - began)
                if int(head[9:12]) not in wanted:
                    raise BenchError(f"{one[:200]!r} was answered {head[:40]!r} {body[:300]!r}")
            writer.close()

        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(worker())
        return taken

    async def rate(self, requests: list[bytes], wanted: set[int]) -> tuple[float, float]:
        """Requests a processor second of the server, and a second of the wall clock."""
        began, used = time.perf_counter(), self.processor()
        await self.send(requests, wanted)
        return len(requests) / (self.processor() - used), len(requests) / (time.perf_counter() - began)

    def processor(self) -> float:
        """Processor seconds of the server so far."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def megabytes(self) -> float:
        """Memory of the server that is in use now."""
        return int(self._proc("statm").split()[1]) * _PAGE / 1e6

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self.process.pid}/{name}").read_text(encoding="ascii")

    async def fill(self, versions: int) -> None:
        """Make `versions` image versions, over ten definitions of one gallery."""
        providers = f"{self.group}/providers/Microsoft.Compute"
        await self.send([self.request("PUT", self.group, _GROUPS, {"location": "westus2"})], {201})
        disk = {"osType": "Linux", "osState": "Generalized", "blobUri": "https://s.blob.example/v/i.vhd"}
        image = {"location": "westus2", "properties": {"storageProfile": {"osDisk": disk}}}
        await self.send([self.request("PUT", f"{providers}/images/i", _COMPUTE, image)], {201})
        gallery = f"{providers}/galleries/g"
        await self.send([self.request("PUT", gallery, _GALLERY, {"location": "westus2"})], {201})
        definitions = [f"{gallery}/images/d{number}" for number in range(10)]
        await self.send(
            [self.request("PUT", one, _GALLERY, _definition(number)) for number, one in enumerate(definitions)],
            {201},
        )
        body = _version(f"{providers}/images/i")
        places = itertools.islice(itertools.cycle(definitions), versions)
        numbered = [f"{one}/versions/1.0.{number}" for number, one in enumerate(places)]
        await self.send([self.request("PUT", one, _GALLERY, body) for one in numbered], {201})

    def first_version(self) -> bytes:
        """A GET of a version that every filled world has."""
        path = f"{self.group}/providers/Microsoft.Compute/galleries/g/images/d0/versions/1.0.0"
        return self.request("GET", path, _GALLERY)


def _definition(number: int) -> dict[str, object]:
    identifier = {"publisher": "p", "offer": "o", "sku": f"s{number}"}
    properties = {"osType": "Linux", "osState": "Generalized", "identifier": identifier}
    return {"location": "westus2", "properties": properties}


def _version(image: str) -> dict[str, object]:
    publishing = {"targetRegions": [{"name": "westus2"}]}
    storage = {"source": {"id": image}}
    return {"location": "westus2", "properties": {"publishingProfile": publishing, "storageProfile": storage}}


@asynccontextmanager
async def server(*options: str) -> AsyncIterator[Server]:
    """`python -m local.armsim --instant`, with a token."""
    async with child("local.armsim", "--instant", *options) as process:
        ready = {name: str(value) for name, value in (await process.answer()).items()}
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(
                ready["identityEndpoint"],
                params={"resource": "https://management.azure.com", "api-version": "2019-08-01"},
                headers={"X-IDENTITY-HEADER": ready["identityHeader"]},
            )
        yield Server(process, ready, answer.json()["access_token"])


async def measure(runs: int) -> list[Measure]:
    """Rates, flatness, memory, start-up."""
    gets, puts, starts = list[tuple[float, float]](), list[tuple[float, float]](), list[float]()
    async with AsyncExitStack() as stack:
        small = await stack.enter_async_context(server())
        large = await stack.enter_async_context(server())
        await small.fill(10)
        empty = small.megabytes()
        await large.fill(VERSIONS)
        full = large.megabytes()
        ratios = []
        for _ in range(runs):
            gets.append(await large.rate([large.first_version()] * REQUESTS, {200}))
            ratios.append(await _ratio(small, large))
    for _ in range(runs):
        puts.append(await _puts())
        starts.append(await _start())
    return [
        Measure(
            "simulator: GET",
            "requests / s of one core",
            [one for one, _ in gets],
            Bound("at least", LEAST_GETS),
            note=f"a version among {VERSIONS}, over HTTPS",
            details={"wallClock": [round(one, 1) for _, one in gets]},
        ),
        Measure(
            "simulator: PUT with --state",
            "requests / s of one core",
            [one for one, _ in puts],
            Bound("at least", LEAST_PUTS),
            note="new versions, each saved before its answer",
            details={"wallClock": [round(one, 1) for _, one in puts]},
        ),
        Measure(
            f"simulator: GET among {VERSIONS} versions / among 10",
            "ratio of medians",
            ratios,
            Bound("at most", MOST_RATIO),
            note="two servers, asked in turn",
        ),
        Measure(
            f"simulator: memory of {VERSIONS} versions",
            "MB",
            [full - empty],
            note=f"of {round(full)} MB in all",
        ),
        Measure(
            "simulator: start to the ready line",
            "s",
            starts,
            Bound("at most", MOST_START),
            note="with bytecode",
        ),
    ]


async def _ratio(small: Server, large: Server) -> float:
    """Median seconds of a GET in the large world ÷ in the small one, asked in turn so that noise hits both."""
    taken: dict[Server, list[float]] = {small: [], large: []}
    for _ in range(20):
        for one in (small, large):
            taken[one] += await one.send([one.first_version()] * 50, {200})
    return statistics.median(taken[large]) / statistics.median(taken[small])


async def _puts() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        async with server("--state", str(Path(folder) / "world.db")) as one:
            await one.fill(0)
            providers = f"{one.group}/providers/Microsoft.Compute"
            body = _version(f"{providers}/images/i")
            paths = [f"{providers}/galleries/g/images/d{n % 10}/versions/2.0.{n}" for n in range(REQUESTS // 3)]
            return await one.rate([one.request("PUT", path, _GALLERY, body) for path in paths], {201})


async def _start() -> float:
    began = time.perf_counter()
    async with child("local.armsim") as process:
        await process.answer()
        return time.perf_counter() - began
