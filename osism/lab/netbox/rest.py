"""The REST API: lists, single objects, and writes of one or many.

Every write is one transaction, so a list is written whole or not at all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.background import BackgroundTask
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from osism.lab.netbox import rules
from osism.lab.netbox.accept import accept, identified
from osism.lab.netbox.errors import Invalid
from osism.lab.netbox.fields import Form, Kind
from osism.lab.netbox.filters import where
from osism.lab.netbox.kinds import KINDS
from osism.lab.netbox.represent import Show
from osism.lab.netbox.storage import Clause, Row, Store
from osism.lab.netbox.webhooks import Change, Webhooks

PAGE, LARGEST_PAGE = 50, 1000
READONLY = ("cable_termination",)
Answer = tuple[int, Any]


class Ended(Exception):
    """An answer that ends a request early."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Rest:
    """Answers the requests for one kind."""

    def __init__(self, store: Store, kind: Kind, webhooks: Webhooks) -> None:
        self.store = store
        self.kind = kind
        self.webhooks = webhooks
        self.changes: list[Change] = []  # by the present request; one writes at a time

    async def collection(self, request: Request) -> Response:
        """/api/<app>/<endpoint>/"""
        return await self._answer(
            request,
            self.read_many,
            POST=self.create,
            PUT=self.update_many,
            PATCH=self.update_many,
            DELETE=self.delete_many,
        )

    async def object(self, request: Request) -> Response:
        """/api/<app>/<endpoint>/<id>/"""
        return await self._answer(
            request, self.read, PUT=self.update, PATCH=self.update, DELETE=self.delete
        )

    async def _answer(
        self,
        request: Request,
        read: Callable[[Request], Any],
        **writes: Callable[[Request, Any], Answer],
    ) -> Response:
        try:
            if request.method in ("GET", "HEAD"):
                return JSONResponse(read(request))
            if request.method == "OPTIONS":
                return JSONResponse({"name": f"{self.kind.model} List", "actions": {}})
            if request.method not in writes or self.kind.name in READONLY:
                raise Ended(405, f'Method "{request.method}" not allowed.')
            data = await _body(request)
            self.changes = []
            with self.store.transaction():
                status, answer = writes[request.method](request, data)
            told = self.webhooks.bodies(self.store, request.state.id, self.changes)
            task = BackgroundTask(self.webhooks.send, told)
            if status == 204:
                return Response(status_code=204, background=task)
            return JSONResponse(answer, status, background=task)
        except Ended as ended:
            return JSONResponse({"detail": ended.detail}, ended.status)
        except Invalid as error:
            return JSONResponse(error.errors, error.status)
        except (rules.Protected, sqlite3.IntegrityError) as error:
            return JSONResponse({"detail": str(error)}, 409)

    def read_many(self, request: Request) -> Any:
        params = request.query_params
        found = where(self.store, self.kind, {name: params.getlist(name) for name in params})
        total = self.store.count(self.kind, found)
        limit, offset = _page(params)
        order = tuple(filter(self._sortable, params.get("ordering", "").split(",")))
        rows = self.store.select(self.kind, found, order, limit, offset).rows
        more = offset + limit < total
        return {
            "count": total,
            "next": _link(request, limit, offset + limit) if more else None,
            "previous": _link(request, limit, max(offset - limit, 0)) if offset else None,
            "results": self._shown(request, rows),
        }

    def read(self, request: Request) -> Any:
        return self._shown(request, [self._row(request)])[0]

    def create(self, request: Request, data: Any) -> Answer:
        show = Show(self.store, base(request))
        if not isinstance(data, list):
            return 201, show.full(self._write(data), new=True)
        rows: list[Row] = []
        errors: list[Any] = []
        for item in data:
            try:
                with self.store.transaction():
                    rows.append(self._write(item))
                errors.append({})
            except Invalid as error:
                if self.kind.sequential or error.status != 400:
                    raise
                errors.append(error.errors)
        if any(errors):
            raise Invalid(errors)
        return 201, [show.full(row, new=True) for row in self._again(rows)]

    def update(self, request: Request, data: Any) -> Answer:
        row = self._write(data, self._row(request), partial=request.method == "PATCH")
        return 200, Show(self.store, base(request)).full(row)

    def update_many(self, request: Request, data: Any) -> Answer:
        wanted = {int(item["id"]): item for item in identified(data)}
        partial = request.method == "PATCH"
        rows = [self._write(wanted[row.id], row, partial) for row in self._numbered(wanted)]
        show = Show(self.store, base(request))
        return 200, [show.full(row) for row in self._again(rows)]

    def delete(self, request: Request, data: Any) -> Answer:
        self._remove([self._row(request)])
        return 204, None

    def delete_many(self, request: Request, data: Any) -> Answer:
        rows = self._numbered(int(item["id"]) for item in identified(data))
        self._remove(rows)
        return 204, None

    def _remove(self, rows: list[Row]) -> None:
        going = self.webhooks.going(self.store, rows)
        rules.remove_all(self.store, rows)
        self.changes += going

    def _write(self, data: Any, before: Row | None = None, partial: bool = False) -> Row:
        draft = accept(self.store, self.kind, data, before, partial)
        rules.check(draft)
        row = rules.save(draft)
        values = dict(before.values) if before else None
        self.changes.append(Change("updated" if before else "created", row, values))
        return row

    def _row(self, request: Request) -> Row:
        if row := self.store.get(self.kind, request.path_params["id"]):
            return row
        raise Ended(404, f"No {self.kind.model} matches the given query.")

    def _numbered(self, numbers: Iterable[int]) -> list[Row]:
        return self.store.select(self.kind, Clause.within("t.id", numbers)).rows

    def _again(self, rows: list[Row]) -> list[Row]:
        """The rows as they are now, read together, in the order given."""
        found = {row.id: row for row in self._numbered(row.id for row in rows)}
        return [found[row.id] for row in rows]

    def _shown(self, request: Request, rows: list[Row]) -> list[dict[str, Any]]:
        params = request.query_params
        only: list[str] | None = None
        if params.get("fields"):
            only = params["fields"].split(",")
        elif params.get("brief"):
            only = ["id", "url", "display", *self.kind.brief]
        elif "config_context" in params.get("exclude", ""):
            only = ["id", *(name for name in self.kind.by_name if name != "config_context")]
        show = Show(self.store, base(request))
        return [show.full(row, only) for row in rows]

    def _sortable(self, name: str) -> bool:
        name = name.lstrip("-")
        field = self.kind.by_name.get(name)
        stored = field is not None and field.form.stored and field.form is not Form.GENERIC
        return name == "id" or stored


async def _body(request: Request) -> Any:
    """The JSON of a request; nothing at all counts as an empty dictionary."""
    raw = await request.body()
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if raw and media != "application/json":
        raise Ended(415, f'Unsupported media type "{media}" in request.')
    try:
        return json.loads(raw) if raw else {}
    except ValueError as error:
        raise Ended(400, f"JSON parse error - {error}") from None


def base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def root(request: Request) -> Response:
    """/api/: the applications."""
    apps = {kind.app for kind in KINDS} | {"status"}
    return JSONResponse({name: f"{base(request)}/api/{name}/" for name in sorted(apps)})


def app_root(request: Request) -> Response:
    """/api/<app>/: its endpoints."""
    found: Mapping[str, str] = {
        kind.endpoint.partition("/")[2]: f"{base(request)}/api/{kind.endpoint}/"
        for kind in sorted(KINDS, key=lambda kind: kind.endpoint)
        if kind.app == request.path_params["app"]
    }
    return JSONResponse(found) if found else not_found(request)


def not_found(request: Request) -> Response:
    return JSONResponse({"detail": "Not found."}, 404)


def _page(params: QueryParams) -> tuple[int, int]:
    limit, offset = params.get("limit", ""), params.get("offset", "")
    size = int(limit) if limit.isdigit() else PAGE
    return min(size or LARGEST_PAGE, LARGEST_PAGE), int(offset) if offset.isdigit() else 0


def _link(request: Request, limit: int, offset: int) -> str:
    """A page's address, with sorted parameters as NetBox writes it."""
    given = request.query_params.multi_items()
    pairs = [pair for pair in given if pair[0] not in ("limit", "offset")]
    pairs += [("limit", str(limit)), *([("offset", str(offset))] if offset else [])]
    query = urlencode(sorted(pairs, key=lambda pair: pair[0]))
    return f"{base(request)}{request.url.path}?{query}"
