"""A stage that is one call of a pure RPC, and the same with a cache before it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from orchestrator.cache import CacheKey, bars_digest
from orchestrator.stages.base import PipelineStage, StageOutput, present
from wyckoff.rpc.methods import Method, Request, Response

if TYPE_CHECKING:
    from orchestrator.cache import StageCache
    from orchestrator.calls import ServiceCalls
    from orchestrator.context import AnalysisContext, PipelineState


class RpcStage(PipelineStage, Generic[Request, Response]):
    """Builds a request from the state, calls the stage's service, puts the response into the state.

    With a cache the call is made only when the same bars were not analysed lately. Without one every call is made.
    """

    method: ClassVar[Method[Any, Any]]

    def __init__(self, calls: ServiceCalls, cache: StageCache | None = None) -> None:
        self._calls = calls
        self._cache = cache

    @abstractmethod
    def request(self, state: PipelineState) -> Request:
        """What to ask."""

    def check(self, state: PipelineState, response: Response) -> None:
        """Raise when this cannot be the answer to the request; such an answer is neither used nor kept."""

    @abstractmethod
    def apply(self, state: PipelineState, response: Response) -> StageOutput:
        """Put the answer into the state; the response may be shared and must not be changed."""

    async def process(self, state: PipelineState, context: AnalysisContext) -> StageOutput:
        if self._cache is None:
            return self.apply(state, await self._ask(state, context))
        response, cached = await self._cache.get(self._key(state), lambda: self._ask(state, context))
        output = self.apply(state, response)
        return StageOutput(output.warnings, output.failed_detectors, cached=cached)

    async def _ask(self, state: PipelineState, context: AnalysisContext) -> Response:
        response: Response = await self._calls.call(self.method, self.request(state), context)
        self.check(state, response)
        return response

    def _key(self, state: PipelineState) -> CacheKey:
        bars = present(state.bars, "bars")
        if state.bars_digest is None:
            state.bars_digest = bars_digest(bars)
        return CacheKey(bars.symbol, bars.timeframe, self.name, state.bars_digest)
