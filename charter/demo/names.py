"""Made-up employers and people. Places are real; every firm and person is invented."""

from dataclasses import dataclass
from random import Random

PLACES: dict[str, dict[str | None, list[str]]] = {
    "herefordshire": {
        None: ["Hereford", "Leominster", "Ross-on-Wye", "Ledbury", "Bromyard", "Kington", "Weobley", "Golden Valley"],
    },
    "worcestershire": {
        "Bromsgrove": ["Bromsgrove", "Hagley", "Barnt Green"],
        "Malvern Hills": ["Malvern", "Upton", "Tenbury", "Teme Valley"],
        "Redditch": ["Redditch", "Astwood", "Headless Cross"],
        "Worcester": ["Worcester", "St Johns", "Warndon", "Severnside"],
        "Wychavon": ["Evesham", "Pershore", "Droitwich", "Broadway"],
        "Wyre Forest": ["Kidderminster", "Stourport", "Bewdley", "Habberley"],
    },
}

TRADES = {
    "A": ["Orchards", "Hop Growers", "Fruit Farms", "Growers"],
    "C": ["Precision Engineering", "Castings", "Carpets", "Bakery", "Cider Mill", "Joinery", "Plastics"],
    "F": ["Builders", "Roofing", "Electrical", "Heating"],
    "G": ["Motors", "Garage", "Farm Supplies", "Bookshop", "Hardware"],
    "H": ["Haulage", "Coaches", "Couriers"],
    "I": ["Hotel", "Tearooms", "Kitchen", "Inn"],
    "J": ["Software", "Digital", "Print and Web"],
    "K": ["Building Society", "Credit Union"],
    "M": ["Accountants", "Architects", "Surveyors", "Veterinary Practice"],
    "N": ["Cleaning Services", "Grounds Care", "Recruitment"],
    "P": ["Academy Trust", "Training", "Nursery School"],
    "Q": ["Care Homes", "Home Care", "Medical Practice", "Dental Care", "Housing and Support"],
    "R": ["Leisure Trust", "Theatre", "Sports Centre"],
    "S": ["Community Trust", "Laundry", "Hair and Beauty"],
}

QUALIFIERS = ["", "", "", "Old ", "New ", "Upper ", "Lower ", "River ", "Abbey ", "Bridge ", "Castle ", "Hill "]
FORMS = ["Ltd", "Ltd", "Ltd", "Limited", "& Sons", "CIC", "Group Ltd", "LLP"]

FIRST = [
    "Alun",
    "Amina",
    "Bethan",
    "Callum",
    "Chidi",
    "Deepa",
    "Eleri",
    "Farah",
    "Gareth",
    "Grace",
    "Harriet",
    "Ifan",
    "Jakub",
    "Joanna",
    "Katarzyna",
    "Leila",
    "Marcus",
    "Mei",
    "Nadia",
    "Owen",
    "Piotr",
    "Priya",
    "Rhiannon",
    "Samir",
    "Sian",
    "Tomasz",
    "Uma",
    "Victoria",
    "Wanda",
    "Yusuf",
    "Zofia",
    "Łucja",
]
LAST = [
    "Abbott",
    "Baldwin",
    "Begum",
    "Bowen",
    "Chandler",
    "Davies",
    "Evans",
    "Fletcher",
    "Griffiths",
    "Hussain",
    "Iqbal",
    "Jenkins",
    "Kaur",
    "Kowalski",
    "Lewis",
    "Mahmood",
    "Nowak",
    "Okafor",
    "Parry",
    "Powell",
    "Preece",
    "Rahman",
    "Shah",
    "Skyrme",
    "Taylor",
    "Vaughan",
    "Watkins",
    "Weaver",
    "Wójcik",
    "Yapp",
]


@dataclass(frozen=True)
class Firm:
    """What an invented employer is."""

    name: str
    county: str
    district: str | None
    town: str
    sector: str
    size_band: str
    headcount: int
    company_number: str | None
    charity_number: str | None


BANDS = (("micro", 0.42, 2, 9), ("small", 0.30, 10, 49), ("medium", 0.19, 50, 249), ("large", 0.09, 250, 2400))
"""Size bands with their share among the demo's employers and their headcounts."""


def firm(random: Random, position: int) -> Firm:
    """The employer at this position. The same generator state gives the same employer; names never repeat."""
    county = "worcestershire" if random.random() < 0.66 else "herefordshire"
    district = random.choice(list(PLACES[county]))
    town = random.choice(PLACES[county][district])
    sector = random.choice(list(TRADES))
    band, _, low, high = random.choices(BANDS, [share for _, share, _, _ in BANDS])[0]
    trade = random.choice(TRADES[sector])
    name = f"{random.choice(QUALIFIERS)}{town} {trade}"
    charity = trade.endswith("Trust")
    if not charity:
        name = f"{name} {random.choice(FORMS)}"
    if position >= 60:  # beyond the demo's own employers a number keeps names apart
        name = f"{name} ({position})"
    return Firm(
        name=name,
        county=county,
        district=district,
        town=town,
        sector=sector,
        size_band=band,
        headcount=random.randint(low, high),
        company_number=None
        if charity or (band == "micro" and random.random() < 0.4)
        else f"{90_000_000 + position:08d}",
        charity_number=f"{9_000_000 + position}" if charity else None,
    )


def person(random: Random) -> str:
    """An invented person's name."""
    return f"{random.choice(FIRST)} {random.choice(LAST)}"
