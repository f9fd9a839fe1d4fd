"""The choices of NetBox 4.4: what is stored and what people read.

Each set has the name and the prefix that its members have in GraphQL, and a text of `value = label`
separated by semicolons, in the order in which NetBox documents it. An empty choice is not part of
a set; a field says itself whether it may be empty.
"""

from __future__ import annotations


class Choices(dict[str | int, str]):
    """A set of choices: value -> label."""

    def __init__(self, enum: str, prefix: str, text: str) -> None:
        pairs = [entry.partition("=") for entry in " ".join(text.split()).split(";")]
        super().__init__((_value(value.strip()), label.strip()) for value, _, label in pairs)
        self.enum = enum
        self.prefix = prefix


def _value(text: str) -> str | int:
    return int(text) if text.isdigit() else text


SITE_STATUS = Choices("SiteStatusEnum", "STATUS", """
    planned = Planned; staging = Staging; active = Active; decommissioning = Decommissioning;
    retired = Retired
""")  # fmt: skip
LOCATION_STATUS = Choices("LocationStatusEnum", "STATUS", """
    planned = Planned; staging = Staging; active = Active; decommissioning = Decommissioning;
    retired = Retired
""")  # fmt: skip
RACK_STATUS = Choices("RackStatusEnum", "STATUS", """
    reserved = Reserved; available = Available; planned = Planned; active = Active; deprecated =
    Deprecated
""")  # fmt: skip
DEVICE_STATUS = Choices("DeviceStatusEnum", "STATUS", """
    offline = Offline; active = Active; planned = Planned; staged = Staged; failed = Failed;
    inventory = Inventory; decommissioning = Decommissioning
""")  # fmt: skip
FACE = Choices("DeviceFaceEnum", "FACE", "front = Front; rear = Rear")
AIRFLOW = Choices("DeviceAirflowEnum", "AIRFLOW", """
    front-to-rear = Front to rear; rear-to-front = Rear to front; left-to-right = Left to right;
    right-to-left = Right to left; side-to-rear = Side to rear; rear-to-side = Rear to side;
    bottom-to-top = Bottom to top; top-to-bottom = Top to bottom; passive = Passive; mixed =
    Mixed
""")  # fmt: skip
RACK_AIRFLOW = Choices("RackAirflowEnum", "", """
    front-to-rear = Front to rear; rear-to-front = Rear to front
""")  # fmt: skip
INTERFACE_MODE = Choices("InterfaceModeEnum", "MODE", """
    access = Access; tagged = Tagged; tagged-all = Tagged (All); q-in-q = Q-in-Q (802.1ad)
""")  # fmt: skip
DUPLEX = Choices("InterfaceDuplexEnum", "DUPLEX", "half = Half; full = Full; auto = Auto")
POE_MODE = Choices("InterfacePoEModeEnum", "MODE", "pd = PD; pse = PSE")
POE_TYPE = Choices("InterfacePoETypeEnum", "", """
    type1-ieee802.3af = 802.3af (Type 1); type2-ieee802.3at = 802.3at (Type 2);
    type3-ieee802.3bt = 802.3bt (Type 3); type4-ieee802.3bt = 802.3bt (Type 4);
    passive-24v-2pair = Passive 24V (2-pair); passive-24v-4pair = Passive 24V (4-pair);
    passive-48v-2pair = Passive 48V (2-pair); passive-48v-4pair = Passive 48V (4-pair)
""")  # fmt: skip
RF_ROLE = Choices("WirelessRoleEnum", "ROLE", "ap = Access point; station = Station")
CABLE_STATUS = Choices("LinkStatusEnum", "STATUS", """
    connected = Connected; planned = Planned; decommissioning = Decommissioning
""")  # fmt: skip
LENGTH_UNIT = Choices("CableLengthUnitEnum", "UNIT", """
    km = Kilometers; m = Meters; cm = Centimeters; mi = Miles; ft = Feet; in = Inches
""")  # fmt: skip
IP_STATUS = Choices("IPAddressStatusEnum", "STATUS", """
    active = Active; reserved = Reserved; deprecated = Deprecated; dhcp = DHCP; slaac = SLAAC
""")  # fmt: skip
IP_ROLE = Choices("IPAddressRoleEnum", "ROLE", """
    loopback = Loopback; secondary = Secondary; anycast = Anycast; vip = VIP; vrrp = VRRP; hsrp
    = HSRP; glbp = GLBP; carp = CARP
""")  # fmt: skip
PREFIX_STATUS = Choices("PrefixStatusEnum", "STATUS", """
    container = Container; active = Active; reserved = Reserved; deprecated = Deprecated
""")  # fmt: skip
VLAN_STATUS = Choices("VLANStatusEnum", "STATUS", """
    active = Active; reserved = Reserved; deprecated = Deprecated
""")  # fmt: skip
QINQ_ROLE = Choices("VLANQinQRoleEnum", "ROLE", "svlan = Service; cvlan = Customer")
SUBDEVICE_ROLE = Choices("SubdeviceRoleEnum", "ROLE", "parent = Parent; child = Child")
WEIGHT_UNIT = Choices("WeightUnitEnum", "", "kg = Kilograms; g = Grams; lb = Pounds; oz = Ounces")
FORM_FACTOR = Choices("RackFormFactorEnum", "TYPE", """
    2-post-frame = 2-post frame; 4-post-frame = 4-post frame; 4-post-cabinet = 4-post cabinet;
    wall-frame = Wall-mounted frame; wall-frame-vertical = Wall-mounted frame (vertical);
    wall-cabinet = Wall-mounted cabinet; wall-cabinet-vertical = Wall-mounted cabinet (vertical)
""")  # fmt: skip
RACK_WIDTH = Choices("RackWidthEnum", "WIDTH", """
    10 = 10 inches; 19 = 19 inches; 21 = 21 inches; 23 = 23 inches
""")  # fmt: skip
OUTER_UNIT = Choices("RackDimensionUnitEnum", "UNIT", "mm = Millimeters; in = Inches")
CF_TYPE = Choices("CustomFieldTypeEnum", "TYPE", """
    text = Text; longtext = Text (long); integer = Integer; decimal = Decimal; boolean = Boolean
    (true/false); date = Date; datetime = Date & time; url = URL; json = JSON; select =
    Selection; multiselect = Multiple selection; object = Object; multiobject = Multiple objects
""")  # fmt: skip
CF_LOGIC = Choices("CustomFieldFilterLogicEnum", "FILTER", """
    disabled = Disabled; loose = Loose; exact = Exact
""")  # fmt: skip
CF_VISIBLE = Choices("CustomFieldUIVisibleEnum", "", """
    always = Always; if-set = If set; hidden = Hidden
""")  # fmt: skip
CF_EDITABLE = Choices("CustomFieldUIEditableEnum", "", "yes = Yes; no = No; hidden = Hidden")
BASE_CHOICES = Choices("CustomFieldChoiceSetBaseEnum", "", """
    IATA = IATA (Airport codes); ISO_3166 = ISO 3166 (Country codes); UN_LOCODE = UN/LOCODE
    (Location codes)
""")  # fmt: skip
CABLE_END = Choices("CableEndEnum", "SIDE", "A = A; B = B")
