"""Who an order is for and where it goes: the only records that name a person."""

from hub.records.base import Record, Text


class Party(Record):
    """A person or company with an address; sealed under that person's key wherever it is kept."""

    name: Text = ""
    company: Text = ""
    street: tuple[Text, ...] = ()
    city: Text = ""
    region: Text = ""
    postal_code: Text = ""
    country: Text = ""
    """ISO 3166-1 alpha-2, empty when the channel gave none."""
    email: Text = ""
    phone: Text = ""

    def can_receive(self) -> bool:
        """Say whether a parcel could be addressed to this party."""
        return bool(self.country and self.city and self.street and (self.name or self.company))
