"""When messages that sell may reach a person, by country and state: data, each with where it is written.

Few of these were made for texts. `texts` says so: "named" where texts are, by name or by how a court or carrier reads it;
"calls" where the rule is for telephone calls and is kept for texts and notifications all the same; "ours" where no law gives
hours and we keep our own. Stricter than the law is never wrong; a rule that turns out wrong is changed here, with `VERSION`.
Laws on machines that dial and play a recorded voice are kept where they leave the day whole (9:00 to 21:00 in California, Illinois,
Michigan, Minnesota), not where they leave office hours (10 M.R.S. § 1498 of Maine): a text is no recorded voice.
"""

from collections.abc import Iterable
from dataclasses import dataclass

# The day of the last change, and which one of that day. Stands in every decision: what was decided by older rules still says so.
VERSION = "2026-11-24.3"

# Legal holidays by law that the package `holidays` does not count: 44 P.S. § 11 (Pennsylvania), R.I. Gen. Laws § 25-1-1, La. R.S. 1:55.
GOOD_FRIDAY, FLAG_DAY, ELECTION_DAY = "good friday", "flag day", "election day"
MORE_HOLIDAYS = {
    ("US", "PA"): frozenset({GOOD_FRIDAY, FLAG_DAY, ELECTION_DAY}),
    ("US", "RI"): frozenset({ELECTION_DAY}),
    ("US", "LA"): frozenset({ELECTION_DAY}),
}

Hours = tuple[int, int] | None
DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `week`: from Monday, minutes of the local day from and until which messages may arrive; None: not on that day.

    `holidays`: nothing on the public holidays of that country or state. `region` empty: all of the country.
    """

    country: str
    region: str
    name: str
    week: tuple[Hours, ...]
    source: str
    url: str
    texts: str
    holidays: bool = False


def _hours(text: str) -> Hours:
    if text == "none":
        return None
    opens, closes = (_minutes(part) for part in text.split("-"))
    return opens, closes


def _minutes(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute or 0)


def _rule(place: str, name: str, hours: str, texts: str, source: str, url: str, *, holidays: bool = False) -> Rule:
    """`hours` are those of Monday to Friday, Saturday and Sunday; one alone is every day's."""
    country, _, region = place.partition("-")
    weekday, saturday, sunday = parts if len(parts := hours.split()) == 3 else (hours,) * 3
    week = tuple(_hours(day) for day in (*[weekday] * 5, saturday, sunday))
    return Rule(country, region, name, week, source, url, texts, holidays)


_NAMED, _CALLS, _OURS = "named", "calls", "ours"
# Of a country nobody has told us, or one where a state may be stricter and the state is not known.
STRICTEST = _rule("", "Anywhere else", "9-20", _OURS, "the hours common to most rules", "")

RULES: tuple[Rule, ...] = (
    _rule("US", "United States", "8-21", _NAMED, "47 CFR 64.1200(c)(1)",
          "https://www.ecfr.gov/current/title-47/section-64.1200"),
    _rule("US-AL", "Alabama", "8-20 8-20 none", _CALLS, "Ala. Admin. Code r. 770-X-5-.17",
          "https://psc.alabama.gov/", holidays=True),
    _rule("US-CA", "California", "9-21", _CALLS, "Cal. Pub. Util. Code § 2872(c)",
          "https://leginfo.legislature.ca.gov/faces/codes_displaySection.xhtml?lawCode=PUC&sectionNum=2872"),
    _rule("US-CT", "Connecticut", "9-20", _NAMED, "Conn. Gen. Stat. § 42-288a (Public Act 23-98)",
          "https://www.cga.ct.gov/current/pub/chap_743m.htm"),
    _rule("US-FL", "Florida", "8-20", _NAMED, "Fla. Stat. § 501.616(6)",
          "http://www.leg.state.fl.us/statutes/index.cfm?App_mode=Display_Statute&URL=0500-0599/0501/Sections/0501.616.html"),
    _rule("US-IL", "Illinois", "9-21", _CALLS, "815 ILCS 305/15",
          "https://www.ilga.gov/legislation/ilcs/ilcs3.asp?ActID=1343"),
    _rule("US-KY", "Kentucky", "10-21", _CALLS, "Ky. Rev. Stat. § 367.46955",
          "https://apps.legislature.ky.gov/law/statutes/statute.aspx?id=34953"),
    _rule("US-LA", "Louisiana", "8-20 8-20 none", _NAMED, "La. R.S. 45:844.31; LPSC General Order R-29617",
          "https://www.lpsc.louisiana.gov/", holidays=True),
    _rule("US-MD", "Maryland", "8-20", _NAMED, "Md. Code, Com. Law § 14-4501 and following (Stop the Spam Calls Act of 2023)",
          "https://mgaleg.maryland.gov/mgawebsite/Legislation/Details/sb0090?ys=2023RS"),
    _rule("US-MA", "Massachusetts", "8-20", _CALLS, "Mass. Gen. Laws ch. 159C § 3",
          "https://malegislature.gov/Laws/GeneralLaws/PartI/TitleXXII/Chapter159C/Section3"),
    _rule("US-MI", "Michigan", "9-21", _CALLS, "Mich. Comp. Laws § 484.125",
          "https://www.legislature.mi.gov/Laws/MCL?objectName=mcl-484-125"),
    _rule("US-MN", "Minnesota", "9-21", _CALLS, "Minn. Stat. § 325E.30",
          "https://www.revisor.mn.gov/statutes/cite/325E.30"),
    _rule("US-MS", "Mississippi", "8-20 8-20 none", _NAMED, "Miss. Code § 77-3-723 (texts: § 77-3-705)",
          "https://billstatus.ls.state.ms.us/documents/2023/html/SB/2400-2499/SB2494CS.htm"),
    _rule("US-NV", "Nevada", "9-20", _CALLS, "Nev. Rev. Stat. § 598.0918",
          "https://www.leg.state.nv.us/NRS/NRS-598.html#NRS598Sec0918"),
    _rule("US-NM", "New Mexico", "9-21", _CALLS, "N.M. Stat. § 57-12-22",
          "https://law.justia.com/codes/new-mexico/chapter-57/article-12/section-57-12-22/"),
    _rule("US-OK", "Oklahoma", "8-20", _NAMED, "15 Okla. Stat. § 775C.4 (Telephone Solicitation Act of 2022)",
          "https://www.oklegislature.gov/BillInfo.aspx?Bill=hb3168&Session=2200"),
    _rule("US-OR", "Oregon", "8-20", _NAMED, "HB 3865 of 2025 (ORS chapters 646 and 646A)",
          "https://olis.oregonlegislature.gov/liz/2025R1/Measures/Overview/HB3865"),
    # Holidays since Act 73 of 2019. Sundays, evenings and texts as the Senate passed them in SB 992, its strictest reading.
    _rule("US-PA", "Pennsylvania", "9-19 9-19 none", _NAMED, "73 P.S. § 2245 (Act 73 of 2019; SB 992 of 2025)",
          "https://www.palegis.us/legislation/bills/2025/sb992", holidays=True),
    _rule("US-RI", "Rhode Island", "9-18 10-17 none", _CALLS, "R.I. Gen. Laws §§ 5-61-2, 5-61-3.6",
          "http://webserver.rilin.state.ri.us/Statutes/TITLE5/5-61/5-61-3.6.HTM", holidays=True),
    _rule("US-SD", "South Dakota", "9-21 none none", _CALLS, "S.D. Codified Laws § 37-30-28",
          "http://legis.state.sd.us/statutes/DisplayStatute.aspx?Type=Statute&Statute=37-30-28"),
    _rule("US-TX", "Texas", "9-21 9-21 12-21", _NAMED, "Tex. Bus. & Com. Code § 301.051 (texts: SB 140 of 2025)",
          "https://statutes.capitol.texas.gov/Docs/BC/htm/BC.301.htm"),
    _rule("US-UT", "Utah", "8-21 8-21 none", _CALLS, "Utah Code § 13-25a-103",
          "https://le.utah.gov/xcode/Title13/Chapter25A/13-25a-S103.html", holidays=True),
    _rule("US-WA", "Washington", "8-20", _CALLS, "RCW 80.36.390, 19.158.040",
          "https://app.leg.wa.gov/rcw/default.aspx?cite=80.36.390"),
    _rule("US-WY", "Wyoming", "8-20", _CALLS, "Wyo. Stat. § 40-12-302",
          "https://wyoleg.gov/statutes/compress/title40.pdf"),
    _rule("CA", "Canada", "9-21:30 10-18 10-18", _CALLS, "CRTC Unsolicited Telecommunications Rules, calling curfews",
          "https://crtc.gc.ca/eng/phone/telemarketing/tobligations/rules-regles.htm"),
    _rule("CA-BC", "British Columbia", "9-21:30 10-18 10-18", _CALLS, "Telemarketer Licensing Regulation, B.C. Reg. 83/2005",
          "https://www.bclaws.gov.bc.ca/civix/document/id/complete/statreg/83_2005", holidays=True),
    _rule("GB", "United Kingdom", "9-20", _OURS, "no hours in law (PECR 2003, reg. 22 asks for consent)",
          "https://www.legislation.gov.uk/uksi/2003/2426/regulation/22"),
    # The narrower hours of Décret 2022-1313 (10 to 13, 14 to 20) are for voice; of texts CPCE art. L. 34-5 asks consent.
    _rule("FR", "France", "8-20 8-20 none", _NAMED, "the operators' rules for marketing texts (af2m)",
          "https://www.af2m.org/", holidays=True),
    _rule("DE", "Germany", "9-20", _OURS, "no hours in law (UWG § 7 asks for consent)",
          "https://www.gesetze-im-internet.de/uwg_2004/__7.html"),
    _rule("ES", "Spain", "9-21 none none", _CALLS, "RDL 1/2007, art. 96.2",
          "https://www.boe.es/buscar/act.php?id=BOE-A-2007-20555", holidays=True),
    # On the eve of a holiday the Saturday's hours hold; kept all week, they need no list of eves.
    _rule("IT", "Italy", "10-19 10-19 none", _CALLS, "the Garante's code of conduct for telemarketing, 2024",
          "https://www.garanteprivacy.it/", holidays=True),
    _rule("AU", "Australia", "9-20 9-17 none", _CALLS, "Telecommunications (Telemarketing and Research Calls) Industry Standard 2017",
          "https://www.legislation.gov.au/F2017L00323/latest/text", holidays=True),
    _rule("BR", "Brazil", "9-20", _OURS, "no hours in law for texts (the carriers' code of 2019 is for their own calls)",
          "https://www.naomeperturbe.com.br/"),
    _rule("IN", "India", "10-21", _NAMED, "TRAI, TCCCPR 2018: promotional messages",
          "https://www.trai.gov.in/"),
    _rule("KR", "South Korea", "8-21", _NAMED, "Network Act, art. 50(3)",
          "https://elaw.klri.re.kr/eng_service/lawView.do?hseq=38422&lang=ENG"),
    _rule("ZA", "South Africa", "8-20 9-13 none", _NAMED, "Consumer Protection Act 68 of 2008, s. 12; GN R.293 of 2011",
          "https://www.acts.co.za/consumer-protection-act-2008/r293_prohibited_time_for_contacting_consumers", holidays=True),
    _rule("AE", "United Arab Emirates", "7-21", _NAMED, "carriers, told by Twilio's guidelines for the country",
          "https://www.twilio.com/en/guidelines/ae/sms"),
)  # fmt: skip
_BY_PLACE = {(rule.country, rule.region): rule for rule in RULES}
_WITH_REGIONS = frozenset(rule.country for rule in RULES if rule.region)


def rules_of(places: Iterable[tuple[str, str]]) -> tuple[Rule, ...]:
    """Every rule for these countries and regions; all must hold. A country without one, or a region that is not known where regions
    have rules of their own, brings the strictest common hours."""
    found: dict[Rule, None] = {}
    for country, region in places or [("", "")]:
        own = [rule for key in ((country, ""), (country, region)) if (rule := _BY_PLACE.get(key))]
        vague = not own or (country in _WITH_REGIONS and not region)
        found |= dict.fromkeys([*own, *([STRICTEST] if vague else [])])
    return tuple(found)
