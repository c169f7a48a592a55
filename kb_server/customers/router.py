"""Export and erase what is kept of a customer, for administrators."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request

from kb_server.access.rights import AdminOf
from kb_server.customers.schemas import CustomerErasure, CustomerExport, CustomerQuery
from kb_server.customers.service import CustomerService
from kb_server.openapi import COMMON_PROBLEMS, problems

router = APIRouter(prefix="/v1/customers", tags=["customers"])

Customer = Annotated[CustomerQuery, Query()]


async def _service(request: Request) -> CustomerService:
    return cast("CustomerService", request.app.state.customers)


Service = Annotated[CustomerService, Depends(_service)]


@router.get(
    "/export",
    operation_id="export_customer",
    responses=problems(403, 422, *COMMON_PROBLEMS),
)
async def export_customer(customer: Customer, service: Service, _: AdminOf) -> CustomerExport:
    """Give all that is kept of a customer: conversations, answers as they were sent, feedback."""
    return await service.export(customer.customer_id)


@router.delete(
    "",
    operation_id="erase_customer",
    responses=problems(403, 422, *COMMON_PROBLEMS),
)
async def erase_customer(customer: Customer, service: Service, _: AdminOf) -> CustomerErasure:
    """Erase all that is kept of a customer, from the files of the database and this server's memory too."""
    return await service.erase(customer.customer_id)
