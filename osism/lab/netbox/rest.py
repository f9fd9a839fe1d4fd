"""The REST API: lists, single objects, and writes of one or many.

Every write is one transaction, so a list is written whole or not at all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from osism.lab.netbox import rules
from osism.lab.netbox.accept import Invalid, accept, identified
from osism.lab.netbox.fields import Form, Kind
from osism.lab.netbox.filters import where
from osism.lab.netbox.kinds import KINDS
from osism.lab.netbox.represent import Show
from osism.lab.netbox.storage import Clause, Row, Store

PAGE, LARGEST_PAGE = 50, 1000
READONLY = frozenset({"cable_termination"})


class Answer(Exception):
    """An answer that ends a request early."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(body)
        self.status = status
        self.body = body


class Rest:
    """Answers the requests for one kind."""

    def __init__(self, store: Store, kind: Kind) -> None:
        self.store = store
        self.kind = kind

    async def collection(self, request: Request) -> Response:
        """/api/<app>/<endpoint>/"""
        return await self._answer(request, {
            "GET": self.list, "POST": self.create, "PUT": self.update_many,
            "PATCH": self.update_many, "DELETE": self.delete_many,
        })  # fmt: skip

    async def object(self, request: Request) -> Response:
        """/api/<app>/<endpoint>/<id>/"""
        return await self._answer(request, {
            "GET": self.read, "PUT": self.update, "PATCH": self.update, "DELETE": self.delete,
        })  # fmt: skip

    async def _answer(self, request: Request, methods: Mapping[str, Any]) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        if method == "OPTIONS":
            return JSONResponse({"name": f"{self.kind.model} List", "actions": {}})
        try:
            if method not in methods or (method != "GET" and self.kind.name in READONLY):
                raise Answer(405, {"detail": f'Method "{method}" not allowed.'})
            if method == "GET":
                return JSONResponse(methods[method](request))
            data = await body(request)
            with self.store.transaction():
                status, answer = methods[method](request, data)
            return Response(status_code=204) if status == 204 else JSONResponse(answer, status)
        except Answer as answer:
            return JSONResponse(answer.body, answer.status)
        except Invalid as error:
            return JSONResponse(error.errors, error.status)
        except rules.Protected as error:
            return JSONResponse({"detail": str(error)}, 409)
        except sqlite3.IntegrityError as error:
            return JSONResponse({"detail": f"Unable to delete object. {error}"}, 409)

    def list(self, request: Request) -> Any:
        params = request.query_params
        found = where(self.store, self.kind, {name: params.getlist(name) for name in params})
        total = self.store.count(self.kind, found)
        limit, offset = _page(params)
        order = tuple(
            name for name in params.get("ordering", "").split(",") if self._sortable(name)
        )
        batch = self.store.select(self.kind, found, order or None, limit, offset)
        return {
            "count": total,
            "next": _link(request, limit, offset + limit) if offset + limit < total else None,
            "previous": _link(request, limit, max(offset - limit, 0)) if offset > 0 else None,
            "results": self._shown(request, batch.rows),
        }

    def read(self, request: Request) -> Any:
        return self._shown(request, [self._row(request)])[0]

    def create(self, request: Request, data: Any) -> tuple[int, Any]:
        show = Show(self.store, base(request))
        if not isinstance(data, list):
            return 201, show.full(self._write(data), counts=False)
        rows, errors = [], []
        for item in data:
            try:
                with self.store.savepoint():
                    rows.append(self._write(item))
                errors.append({})
            except Invalid as error:
                if self.kind.sequential or error.status != 400:
                    raise
                errors.append(error.errors)
        if any(errors):
            raise Invalid(errors)
        return 201, [show.full(row, counts=False) for row in self._fresh(rows)]

    def update(self, request: Request, data: Any) -> tuple[int, Any]:
        row = self._write(data, self._row(request), partial=request.method == "PATCH")
        return 200, Show(self.store, base(request)).full(row)

    def update_many(self, request: Request, data: Any) -> tuple[int, Any]:
        wanted = {int(item["id"]): item for item in identified(data)}
        rows = [
            self._write(wanted[row.id], row, partial=request.method == "PATCH")
            for row in self._numbered(wanted)
        ]
        show = Show(self.store, base(request))
        return 200, [show.full(row) for row in self._fresh(rows)]

    def delete(self, request: Request, data: Any) -> tuple[int, Any]:
        rules.remove(self.store, self._row(request))
        return 204, None

    def delete_many(self, request: Request, data: Any) -> tuple[int, Any]:
        numbers = [int(item["id"]) for item in identified(data)]
        rules.remove_all(self.store, self._numbered(numbers))
        return 204, None

    def _write(self, data: Any, before: Row | None = None, partial: bool = False) -> Row:
        draft = accept(self.store, self.kind, data, before, partial)
        rules.check(draft)
        return rules.save(draft)

    def _row(self, request: Request) -> Row:
        row = self.store.get(self.kind, request.path_params["id"])
        if row is None:
            raise Answer(404, {"detail": f"No {self.kind.model} matches the given query."})
        return row

    def _numbered(self, numbers: Any) -> list[Row]:
        return self.store.select(self.kind, Clause.within("t.id", numbers)).rows

    def _fresh(self, rows: list[Row]) -> list[Row]:
        """The rows as they are now, read together, in the order given."""
        found = {row.id: row for row in self._numbered([row.id for row in rows])}
        return [found[row.id] for row in rows]

    def _shown(self, request: Request, rows: list[Row]) -> list[dict[str, Any]]:
        params = request.query_params
        only = params["fields"].split(",") if params.get("fields") else None
        if only is None and params.get("brief"):
            only = ["id", "url", "display", *self.kind.brief]
        exclude = frozenset(
            {"config_context"} if "config_context" in params.get("exclude", "") else ()
        )
        show = Show(self.store, base(request))
        return [show.full(row, only, exclude) for row in rows]

    def _sortable(self, name: str) -> bool:
        field = self.kind.by_name.get(name.lstrip("-"))
        return name.lstrip("-") == "id" or bool(
            field and field.form.stored and field.form is not Form.GENERIC
        )


async def body(request: Request) -> Any:
    """The JSON of a request; nothing at all counts as an empty dictionary."""
    raw = await request.body()
    if not raw:
        return {}
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Answer(415, {"detail": f'Unsupported media type "{media}" in request.'})
    try:
        return json.loads(raw)
    except ValueError as error:
        raise Answer(400, {"detail": f"JSON parse error - {error}"}) from None


def base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def root(request: Request) -> Response:
    """/api/: the applications."""
    apps = sorted({kind.app for kind in KINDS})
    paths = {name: f"{base(request)}/api/{name}/" for name in (*apps, "status")}
    return JSONResponse(dict(sorted(paths.items())))


def app_root(request: Request) -> Response:
    """/api/<app>/: its endpoints."""
    name = request.path_params["app"]
    found = {
        kind.endpoint.partition("/")[2]: f"{base(request)}/api/{kind.endpoint}/"
        for kind in KINDS
        if kind.app == name
    }
    return (
        JSONResponse(dict(sorted(found.items())))
        if found
        else JSONResponse({"detail": "Not found."}, 404)
    )


def not_found(request: Request) -> Response:
    return JSONResponse({"detail": "Not found."}, 404)


def _page(params: QueryParams) -> tuple[int, int]:
    limit, offset = params.get("limit", ""), params.get("offset", "")
    size = int(limit) if limit.isdigit() else PAGE
    return min(size or LARGEST_PAGE, LARGEST_PAGE), int(offset) if offset.isdigit() else 0


def _link(request: Request, limit: int, offset: int) -> str:
    """A page's address, with sorted parameters as NetBox writes it."""
    pairs = [
        (key, value)
        for key, value in request.query_params.multi_items()
        if key not in ("limit", "offset")
    ]
    pairs += [("limit", str(limit))] + ([("offset", str(offset))] if offset else [])
    return f"{base(request)}{request.url.path}?{urlencode(sorted(pairs, key=lambda pair: pair[0]))}"
