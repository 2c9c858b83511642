"""Every table, by area; SQLModel classes declare them, Core statements write them."""

from sqlalchemy import Table
from sqlmodel import SQLModel

from hub.store.tables.catalogue import KitComponentRow, ListingRow, VariantRow
from hub.store.tables.connections import (
    ConnectionRow,
    CursorRow,
    ExchangeRow,
    HearingRow,
    InboxRow,
    LinkRow,
    QuarantineRow,
    RawPayloadRow,
    ScheduleRow,
    UnheardRow,
)
from hub.store.tables.fulfilment import (
    FulfilmentOrderRow,
    ShipmentLineRow,
    ShipmentRow,
    TrackingEventRow,
)
from hub.store.tables.health import IncidentRow
from hub.store.tables.order_work import OrderEditRow, OrderNoteRow, OrderTagRow
from hub.store.tables.orders import (
    DecisionRow,
    HoldRow,
    OrderLineRow,
    OrderRow,
    PaymentEventRow,
    RefundRow,
)
from hub.store.tables.pacing import PacingRow
from hub.store.tables.people import PartyRow, PersonRow
from hub.store.tables.purchasing import (
    DemandMonthRow,
    InboundLineRow,
    InboundRow,
    ProposalRow,
    PurchaseLineRow,
    PurchaseOrderRow,
    ReceiptPartRow,
    ReceiptRow,
    SupplierItemRow,
    SupplierRow,
)
from hub.store.tables.returns import (
    ReturnDispositionRow,
    ReturnEventRow,
    ReturnGradingRow,
    ReturnLineRow,
    ReturnParcelRow,
    ReturnReceiptRow,
    ReturnRefundRow,
    ReturnRow,
)
from hub.store.tables.rules import RulebookRow
from hub.store.tables.stock import (
    AllocationRow,
    LocationRow,
    ReservationRow,
    StockBucketRow,
    StockLevelRow,
    StockMovementRow,
    StockPromiseRow,
)
from hub.store.tables.stock_work import (
    BinRow,
    IncomingRow,
    StockBinRow,
    StockCountLineRow,
    StockCountRow,
    StockImportRow,
    TransferLineRow,
    TransferRow,
)
from hub.store.tables.tickets import (
    ExceptionRow,
    SlaTimerRow,
    TicketChangeRow,
    TicketLinkRow,
    TicketMessageRow,
    TicketRow,
)
from hub.store.tables.warehouse import CartonRow, PickBatchRow, PickTaskRow
from hub.store.tables.work import (
    DesiredRow,
    EffectEventRow,
    EffectRow,
    EventRow,
    HubRow,
    JobActRow,
    JobAttemptRow,
    JobRow,
    JobTallyRow,
    PublishedRow,
)

METADATA = SQLModel.metadata


def _table(row: type[SQLModel]) -> Table:
    table: Table = row.__table__  # type: ignore[attr-defined]  # set by the table metaclass
    return table


allocation = _table(AllocationRow)
carton = _table(CartonRow)
pick_batch = _table(PickBatchRow)
pick_task = _table(PickTaskRow)
bin = _table(BinRow)
connection = _table(ConnectionRow)
cursor = _table(CursorRow)
decision = _table(DecisionRow)
demand_month = _table(DemandMonthRow)
desired = _table(DesiredRow)
effect = _table(EffectRow)
effect_event = _table(EffectEventRow)
event = _table(EventRow)
exchange = _table(ExchangeRow)
fulfilment_order = _table(FulfilmentOrderRow)
hearing = _table(HearingRow)
hold = _table(HoldRow)
hub = _table(HubRow)
inbound_line = _table(InboundLineRow)
inbound_shipment = _table(InboundRow)
incident = _table(IncidentRow)
incoming = _table(IncomingRow)
inbox = _table(InboxRow)
job = _table(JobRow)
job_act = _table(JobActRow)
job_attempt = _table(JobAttemptRow)
job_tally = _table(JobTallyRow)
kit_component = _table(KitComponentRow)
link = _table(LinkRow)
listing = _table(ListingRow)
location = _table(LocationRow)
operational_exception = _table(ExceptionRow)
order_edit = _table(OrderEditRow)
order_line = _table(OrderLineRow)
order_note = _table(OrderNoteRow)
order_tag = _table(OrderTagRow)
pacing = _table(PacingRow)
party = _table(PartyRow)
payment_event = _table(PaymentEventRow)
person = _table(PersonRow)
proposal = _table(ProposalRow)
published = _table(PublishedRow)
purchase_line = _table(PurchaseLineRow)
purchase_order = _table(PurchaseOrderRow)
quarantine = _table(QuarantineRow)
raw_payload = _table(RawPayloadRow)
receipt = _table(ReceiptRow)
receipt_part = _table(ReceiptPartRow)
refund = _table(RefundRow)
reservation = _table(ReservationRow)
return_disposition = _table(ReturnDispositionRow)
return_event = _table(ReturnEventRow)
return_grading = _table(ReturnGradingRow)
return_line = _table(ReturnLineRow)
return_parcel = _table(ReturnParcelRow)
return_receipt = _table(ReturnReceiptRow)
return_refund = _table(ReturnRefundRow)
rulebook = _table(RulebookRow)
sales_order = _table(OrderRow)
sales_return = _table(ReturnRow)
schedule = _table(ScheduleRow)
shipment = _table(ShipmentRow)
shipment_line = _table(ShipmentLineRow)
stock_bin = _table(StockBinRow)
stock_bucket = _table(StockBucketRow)
stock_count = _table(StockCountRow)
stock_count_line = _table(StockCountLineRow)
stock_import = _table(StockImportRow)
sla_timer = _table(SlaTimerRow)
stock_level = _table(StockLevelRow)
stock_movement = _table(StockMovementRow)
stock_promise = _table(StockPromiseRow)
ticket = _table(TicketRow)
ticket_change = _table(TicketChangeRow)
ticket_link = _table(TicketLinkRow)
ticket_message = _table(TicketMessageRow)
supplier = _table(SupplierRow)
supplier_item = _table(SupplierItemRow)
tracking_event = _table(TrackingEventRow)
transfer = _table(TransferRow)
transfer_line = _table(TransferLineRow)
unheard = _table(UnheardRow)
variant = _table(VariantRow)
