"""``GET /v1/documents`` and the texts that citations point into."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Query, Request

from kb_server.access.asking import CallerOf
from kb_server.documents.schemas import DocumentInfo, DocumentListQuery, DocumentPage, RevisionText
from kb_server.documents.service import DocumentService
from kb_server.openapi import COMMON_PROBLEMS, problems

router = APIRouter(prefix="/v1/documents", tags=["documents"])

DocId = Annotated[str, Path(description="Identifier of the page.", examples=["d_a53c24f68b5dc61c"])]
RevisionName = Annotated[str, Path(description="sha256 of the text, as citations name it.")]


async def _service(request: Request) -> DocumentService:
    return cast("DocumentService", request.app.state.documents)


Service = Annotated[DocumentService, Depends(_service)]


@router.get("", operation_id="list_documents", responses=problems(422, *COMMON_PROBLEMS))
async def list_documents(
    page: Annotated[DocumentListQuery, Query()], service: Service, caller: CallerOf
) -> DocumentPage:
    """List the documents of the served version in the order of their paths."""
    return await service.list(limit=page.limit, after=page.after, audiences=caller.audiences)


@router.get("/{doc_id}", operation_id="get_document", responses=problems(404, 422, *COMMON_PROBLEMS))
async def get_document(doc_id: DocId, service: Service, caller: CallerOf) -> DocumentInfo:
    """Describe one document."""
    return await service.document(doc_id, audiences=caller.audiences)


@router.get(
    "/{doc_id}/revisions/{revision}",
    operation_id="get_revision",
    responses=problems(404, 422, *COMMON_PROBLEMS),
)
async def get_revision(
    doc_id: DocId, revision: RevisionName, service: Service, caller: CallerOf
) -> RevisionText:
    """Give the text that the citations of a revision point into, also of one that is no longer current.

    An older text is there for as long as a kept version of the index has it. A deleted document is gone.
    """
    return await service.revision(doc_id, revision, audiences=caller.audiences)
