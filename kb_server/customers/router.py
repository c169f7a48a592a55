"""Export and erase what is kept of a customer, for administrators."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Request

from kb_server.access.rights import AdminOf
from kb_server.customers.schemas import CustomerErasure, CustomerExport
from kb_server.customers.service import CustomerService
from kb_server.openapi import COMMON_PROBLEMS, problems
from kb_server.requests import CustomerId

router = APIRouter(prefix="/v1/customers", tags=["customers"])

# An id may hold slashes, which arrive as they are.
Customer = Annotated[CustomerId, Path(description="The customer, as the questions named it.")]


def _service(request: Request) -> CustomerService:
    return cast("CustomerService", request.app.state.customers)


Service = Annotated[CustomerService, Depends(_service)]


@router.get(
    "/{customer_id:path}/export",
    operation_id="export_customer",
    responses=problems(403, 422, *COMMON_PROBLEMS),
)
async def export_customer(customer_id: Customer, service: Service, _: AdminOf) -> CustomerExport:
    """Give all that is kept of a customer: conversations, answers as they were sent, feedback."""
    return await service.export(customer_id)


@router.delete(
    "/{customer_id:path}",
    operation_id="erase_customer",
    responses=problems(403, 422, *COMMON_PROBLEMS),
)
async def erase_customer(customer_id: Customer, service: Service, _: AdminOf) -> CustomerErasure:
    """Erase all that is kept of a customer, from the files of the database and this server's memory too."""
    return await service.erase(customer_id)
