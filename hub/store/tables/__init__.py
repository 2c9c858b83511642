"""Every table, by area; SQLModel classes declare them, Core statements write them."""

from sqlalchemy import Table
from sqlmodel import SQLModel

from hub.store.tables.catalogue import ListingRow, VariantRow
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
from hub.store.tables.stock import (
    AllocationRow,
    LocationRow,
    ReservationRow,
    StockLevelRow,
    StockMovementRow,
    StockPromiseRow,
)
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
connection = _table(ConnectionRow)
cursor = _table(CursorRow)
decision = _table(DecisionRow)
desired = _table(DesiredRow)
effect = _table(EffectRow)
effect_event = _table(EffectEventRow)
event = _table(EventRow)
exchange = _table(ExchangeRow)
fulfilment_order = _table(FulfilmentOrderRow)
hearing = _table(HearingRow)
hold = _table(HoldRow)
hub = _table(HubRow)
incident = _table(IncidentRow)
inbox = _table(InboxRow)
job = _table(JobRow)
job_act = _table(JobActRow)
job_attempt = _table(JobAttemptRow)
job_tally = _table(JobTallyRow)
link = _table(LinkRow)
listing = _table(ListingRow)
location = _table(LocationRow)
order_line = _table(OrderLineRow)
pacing = _table(PacingRow)
party = _table(PartyRow)
payment_event = _table(PaymentEventRow)
person = _table(PersonRow)
published = _table(PublishedRow)
quarantine = _table(QuarantineRow)
raw_payload = _table(RawPayloadRow)
refund = _table(RefundRow)
reservation = _table(ReservationRow)
sales_order = _table(OrderRow)
schedule = _table(ScheduleRow)
shipment = _table(ShipmentRow)
shipment_line = _table(ShipmentLineRow)
stock_level = _table(StockLevelRow)
stock_movement = _table(StockMovementRow)
stock_promise = _table(StockPromiseRow)
tracking_event = _table(TrackingEventRow)
unheard = _table(UnheardRow)
variant = _table(VariantRow)
