"""Which states a telephone number's area code belongs to, and in which zones a state lies. Data.

Area codes after the North American Numbering Plan, for the states and provinces whose rules are stricter than the country's; the law of
Florida presumes that who has its area code is there (Fla. Stat. § 501.059(8)(d)), that of Oregon lets callers go by it. A mobile
number may be from anywhere in its area code, whatever its exchange, so one that lies in two zones counts in both. Zones after the IANA
time zone database.
"""

_AREA_CODES = {
    "AL": "205 251 256 334 483 659 938",
    "BC": "236 250 257 604 672 778",
    "CA": "209 213 279 310 323 341 350 357 369 408 415 424 442 510 530 559 562 619 626 628 650 657 661 669 707 714 738 747 760"
    " 805 818 820 831 837 840 858 909 916 925 949 951",
    "CT": "203 475 860 959",
    "FL": "239 305 321 324 352 386 407 448 561 645 656 689 727 728 754 772 786 813 850 863 904 941 954",
    "IL": "217 224 309 312 331 447 464 618 630 708 730 773 779 815 847 861 872",
    "KY": "270 364 502 606 859",
    "LA": "225 318 337 457 504 985",
    "MA": "339 351 413 508 617 774 781 857 978",
    "MD": "227 240 301 410 443 667",
    "MI": "231 248 269 313 517 586 616 679 734 810 906 947 989",
    "MN": "218 320 507 612 651 763 924 952",
    "MS": "228 471 601 662 769",
    "NM": "505 575",
    "NV": "702 725 775",
    "OK": "405 539 572 580 918",
    "OR": "458 503 541 971",
    "PA": "215 223 267 272 412 445 484 570 582 610 717 724 814 835 878",
    "RI": "401",
    "SD": "605",
    "TX": "210 214 254 281 325 346 361 409 430 432 469 512 621 682 713 726 737 806 817 830 832 903 915 936 940 945 956 972 979",
    "UT": "385 435 801",
    "WA": "206 253 360 425 509 564",
    "WY": "307",
}
REGION_OF_AREA = {code: region for region, codes in _AREA_CODES.items() for code in codes.split()}

_SPLIT_AREAS = {
    "America/New_York America/Chicago": "219 270 364 423 448 574 606 812 850 906 930",
    "America/Chicago America/Denver": "308 605 620 701 785",
    "America/Los_Angeles America/Boise": "208 458 541 775 986",
    "America/Phoenix America/Denver": "928",
    "America/Anchorage America/Adak": "907",
    "America/Vancouver America/Edmonton America/Creston": "236 250 257 672 778",
    "America/Whitehorse America/Vancouver America/Edmonton America/Winnipeg America/Toronto": "867",
    "America/Regina America/Edmonton": "306 474 639",
    "America/Toronto America/Winnipeg": "807",
    "America/Toronto America/Halifax": "367 418 581",
    "America/St_Johns America/Halifax": "709 879",
}
ZONES_OF_AREA = {code: tuple(zones.split()) for zones, codes in _SPLIT_AREAS.items() for code in codes.split()}

_ZONES = {
    "US America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC TN VA VT WV",
    "US America/Chicago": "AL AR FL IA IL IN KS KY LA MI MN MO MS ND NE OK SD TN TX WI",
    "US America/Denver": "CO ID KS MT ND NE NM NV OR SD TX UT WY",
    "US America/Phoenix": "AZ",
    "US America/Los_Angeles": "CA ID NV OR WA",
    "US America/Anchorage": "AK",
    "US America/Adak": "AK",
    "US Pacific/Honolulu": "HI",
    "CA America/St_Johns": "NL",
    "CA America/Halifax": "NB NL NS PE QC",
    "CA America/Toronto": "NU ON QC",
    "CA America/Winnipeg": "MB NU ON",
    "CA America/Regina": "SK",
    "CA America/Edmonton": "AB BC NT NU SK",
    "CA America/Vancouver": "BC",
    "CA America/Whitehorse": "YT",
    "AU Australia/Sydney": "ACT NSW VIC TAS",
    "AU Australia/Broken_Hill": "NSW",
    "AU Australia/Brisbane": "QLD",
    "AU Australia/Adelaide": "SA",
    "AU Australia/Darwin": "NT",
    "AU Australia/Perth": "WA",
}
ZONES_OF_REGION: dict[tuple[str, str], tuple[str, ...]] = {}
for _place, _regions in _ZONES.items():
    _country, _zone = _place.split()
    for _region in _regions.split():
        ZONES_OF_REGION[_country, _region] = (*ZONES_OF_REGION.get((_country, _region), ()), _zone)
