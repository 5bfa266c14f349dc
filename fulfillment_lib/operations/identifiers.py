"""The numbers printed on packages and labels: SSCC-18, and tracking numbers of four carriers.

Each is made of the order's number (given by the ledger in the order of the input, 0 to 999,999),
the warehouse's number (its position in the network, 0 to 99) and, for a package, the carton's
number (0 to 999). UPS, FedEx and USPS give each package a number; a DHL waybill is for all packages
of a shipment. So no identifier repeats within a ledger, each is the same whenever its run is
repeated, and none depends on the order of events. The check digits are those of the real schemes.
The company prefix and the shipper accounts are made up, and no carrier knows these identifiers.
"""

from __future__ import annotations

from fulfillment_lib.errors import IdentifierError, shown

LAST_ORDER = 999_999
LAST_WAREHOUSE = 99
LAST_CARTON = 999
# Made up. GS1 gives the prefixes from 200 to 299 to no company: they are for internal use.
COMPANY_PREFIX = "200000"
_UPS_SHIPPER = "SI"  # made up, as are those below
_UPS_HUNDREDS = "MNOPQRSTUV"  # of cartons
_FEDEX_FIRST = 990
_USPS_PREFIX = "9405500000"
_DHL_PREFIX = "9"


def sscc18(order_number: int, warehouse_number: int, carton: int) -> str:
    """Serial Shipping Container Code of a package: 18 digits, the last one the GS1 check digit.

    Extension digit, company prefix (6 digits) and serial (10 digits): extension digit and serial
    together hold order (6), warehouse (2) and carton (3).

    >>> sscc18(12, 3, 4)
    '020000000012030048'

    Raises:
        IdentifierError: a number is outside its range.
    """
    serial = _serial(order_number, warehouse_number, carton)
    body = f"{serial[0]}{COMPANY_PREFIX}{serial[1:]}"
    return f"{body}{gs1_check_digit(body)}"


def ups_1z(order_number: int, warehouse_number: int, service_code: str, carton: int = 0) -> str:
    """UPS tracking number: 1Z, shipper (6), service (2), package (7), check digit.

    Service "01" is next day, "02" second day, "03" ground, "12" three day. Each warehouse has
    shipper accounts of its own; the package number is a digit and the order's number. From the
    second carton on that digit counts, and from the eleventh on the account, too.

    >>> ups_1z(12, 3, "03"), ups_1z(12, 3, "03", 123)
    ('1ZSIM0030300000120', '1ZSIN2030330000122')

    Raises:
        IdentifierError: a number is outside its range.
    """
    serial = _serial(order_number, warehouse_number, carton)
    tens, digit = divmod(carton, 10)
    account = f"{_UPS_SHIPPER}{_UPS_HUNDREDS[tens // 10]}{tens % 10}{serial[6:8]}"
    body = f"{account}{service_code}{digit}{serial[:6]}"
    return f"1Z{body}{ups_check_digit(body)}"


def fedex_express(order_number: int, warehouse_number: int, carton: int = 0) -> str:
    """FedEx Express tracking number: 12 digits, the last one the check digit.

    The first three are 990 for the first carton, and count on, with 000 after 999.

    >>> fedex_express(12, 3), fedex_express(12, 3, 1)
    ('990000012030', '991000012036')

    Raises:
        IdentifierError: a number is outside its range.
    """
    serial = _serial(order_number, warehouse_number, carton)
    body = f"{(_FEDEX_FIRST + carton) % (LAST_CARTON + 1):03d}{serial[:8]}"
    return f"{body}{fedex_check_digit(body)}"


def usps(order_number: int, warehouse_number: int, carton: int = 0) -> str:
    """USPS package number: 22 digits, the last one the GS1 check digit.

    Channel and service (5 digits), a mailer number that is made up (5), and the serial: order (6),
    warehouse (2), carton (3).

    >>> usps(12, 3, 4)
    '9405500000000012030049'

    Raises:
        IdentifierError: a number is outside its range.
    """
    body = f"{_USPS_PREFIX}{_serial(order_number, warehouse_number, carton)}"
    return f"{body}{gs1_check_digit(body)}"


def dhl_express(order_number: int, warehouse_number: int) -> str:
    """DHL Express waybill number, one for all packages: 10 digits, the last one the check digit.

    >>> dhl_express(12, 3)
    '9000012033'

    Raises:
        IdentifierError: a number is outside its range.
    """
    body = _DHL_PREFIX + _serial(order_number, warehouse_number)[:8]
    return f"{body}{dhl_check_digit(body)}"


def gs1_check_digit(digits: str) -> int:
    """GS1 mod-10: weights 3, 1, 3, … from the right; the digit fills the sum up to a ten."""
    heavy, light = map(int, digits[::-2]), map(int, digits[-2::-2])
    return -(3 * sum(heavy) + sum(light)) % 10


def ups_check_digit(body: str) -> int:
    """UPS, over the 15 characters after 1Z: odd positions count once, even ones twice, mod 10.

    A letter counts as (ASCII − 3) mod 10.
    """
    values = [int(mark) if mark.isdigit() else (ord(mark) - 3) % 10 for mark in body]
    return -(sum(values[::2]) + 2 * sum(values[1::2])) % 10


def fedex_check_digit(body: str) -> int:
    """FedEx Express, over 11 digits: weights 3, 1, 7 repeated, sum mod 11, then mod 10."""
    values = list(map(int, body))
    return (3 * sum(values[::3]) + sum(values[1::3]) + 7 * sum(values[2::3])) % 11 % 10


def dhl_check_digit(body: str) -> int:
    """DHL Express: the first nine digits, read as one number, mod 7."""
    return int(body) % 7


def _serial(order_number: int, warehouse_number: int, carton: int = 0) -> str:
    """Eleven digits, other ones for each package of a ledger: order, warehouse (2), carton (3)."""
    remedy = "a ledger has at most 1,000,000 orders, so split them over several ledgers"
    _within("order number", order_number, LAST_ORDER, remedy)
    remedy = "a network has at most 100 warehouses"
    _within("warehouse number", warehouse_number, LAST_WAREHOUSE, remedy)
    remedy = "one fulfillment has at most 1,000 cartons, so order fewer units at a time"
    _within("carton number", carton, LAST_CARTON, remedy)
    return f"{order_number:06d}{warehouse_number:02d}{carton:03d}"


def _within(field: str, value: int, last: int, remedy: str) -> None:
    if type(value) is not int or not 0 <= value <= last:
        raise IdentifierError(
            f"{field} must be a whole number from 0 to {last:,}, got {shown(value)}; {remedy}"
        )
