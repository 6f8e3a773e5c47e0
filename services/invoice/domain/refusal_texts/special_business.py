"""Reasons that concern special businesses."""

TEXTS: dict[str, tuple[str, str]] = {
    "place-format": (
        "A place is province-city or province-city-county, joined by hyphens, such as 湖北省-武汉市-洪山区.",
        "发生地请写成“省-市”或“省-市-县（区）”，以短横线连接，如 湖北省-武汉市-洪山区。",
    ),
    "not-a-day": (
        "The value must be a day that exists, as YYYY-MM-DD.",
        "应为真实存在的日期（YYYY-MM-DD）。",
    ),
    "not-a-day-or-minute": (
        "The value must be a day that exists, as YYYY-MM-DD, for parking with the time: YYYY-MM-DD HH:MM.",
        "应为真实存在的日期（YYYY-MM-DD），车辆停放须含时间（YYYY-MM-DD HH:MM）。",
    ),
    "management-number-required": (
        "Construction in another city needs its management number (跨区域涉税事项报验管理编号); add it.",
        "跨地（市）提供建筑服务须填写跨区域涉税事项报验管理编号，请补充。",
    ),
    "lease-needs-minutes": (
        "A parking lease states its time too: YYYY-MM-DD HH:MM.",
        "车辆停放服务的租赁期须精确到分：YYYY-MM-DD HH:MM。",
    ),
    "lease-needs-days": ("A lease period is given in days: YYYY-MM-DD.", "租赁期按日填写：YYYY-MM-DD。"),
    "lease-ends-before-it-begins": (
        "The lease ends before it begins; correct lease_from or lease_to.",
        "租赁期止早于租赁期起，请更正。",
    ),
    "license-plate-required": (
        "A parking lease names the vehicle's plate; add license_plate.",
        "车辆停放服务须填写车牌号，请补充。",
    ),
    "seat-class-required": (
        "Travel by plane, train or ship states the class of the seat; add seat_class.",
        "乘坐飞机、火车、船舶须填写等级，请补充。",
    ),
    "identity-card-number": (
        "The identity card number is wrong: its digits do not fit together. Compare it with the card.",
        "居民身份证号码有误（位数、日期或校验码不符），请与证件核对。",
    ),
}
