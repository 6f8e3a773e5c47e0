"""What can be found, what each finding means in both languages, and whether it proves a change."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MOST_KEPT = 1000

# code -> Chinese, English: something was changed, is missing or does not belong there.
FAILURES = {
    "archive-unreadable": ("压缩包已截断或损坏", "the archive is cut off or damaged"),
    "archive-altered": ("压缩包与平台记录的哈希不符", "the archive does not have the given SHA-256"),
    "archive-bomb": ("条目解压后大得离谱", "the entry is far larger than it is packed"),
    "path-unsafe": ("文件名指向压缩包之外", "the name leads out of the archive"),
    "manifest-missing": ("缺少清单", "there is no manifest"),
    "manifest-unreadable": ("清单无法读取", "the manifest cannot be read"),
    "file-missing": ("清单所列文件缺失", "the manifest lists it, and it is not there"),
    "file-surplus": ("文件不在清单之内", "nothing vouches for this file"),
    "file-foreign": (
        "文件不属于任何发票，也不是表格",
        "the file is of no invoice, and no table of an export",
    ),
    "file-duplicate": ("文件重复出现", "it is there more than once"),
    "file-altered": ("文件内容已被更改", "the content is not what was recorded"),
    "file-misnamed": ("文件名与发票不符", "the name is that of another invoice or format"),
    "document-missing": ("签章所列版式文件缺失", "the seal names this document, and it is not there"),
    "document-not-sealed": ("版式文件与签章不符", "the seal of its invoice does not name this document"),
    "document-superseded": ("已有更新的版本", "there is a newer version of it"),
    "seal-invalid": ("签章无效", "the seal is not valid"),
    "seal-unknown-key": ("签章所用密钥未知", "none of the given keys made the seal"),
    "seal-mismatch": ("签章属于另一张发票", "the seal is that of another invoice"),
    "seal-conflict": ("同一版式文件另有不同的签章", "there is another seal for other bytes of this document"),
    "proof-invalid": ("存在证明不成立", "the proof does not lead to the root"),
    "proof-differs": ("证明所述与签章不符", "what is stated beside the seal is not what was signed"),
    "proof-foreign": ("存在证明不属于此处任何文件", "the proof is about no document that is here"),
    "day-incomplete": ("当日的一份版式文件不在此处", "a document of this day is not here"),
    "leaves-foreign": ("叶值与任何给出的根值不符", "these leaves give none of the roots that were given"),
    "root-differs": ("当日根值不一致", "the root of the day is another one"),
    "chain-broken": ("每日根值的链条中断", "the chain of the days' roots is broken"),
}
# Nothing speaks against it, and something was not proven.
GAPS = {
    "keys-missing": ("未提供公钥，签章未经核验", "no keys were given, so no signature was checked"),
    "document-unsealed": ("该发票没有签章", "its invoice has no seal"),
    "document-stated-missing": (
        "签章所列版式文件不在此处，导出清单称其缺失",
        "the seal names this document, and the export says that it could not be had",
    ),
    "archive-encrypted": ("压缩包已加密，请先解密", "the archive is encrypted: decrypt it first"),
    "nothing-found": ("没有可核验的内容", "there is nothing that could be checked"),
}
# No finding: what was not asked.
NOTES = {
    "tables-unsealed": (
        "表格、合计与发票清单不在任何签章之内：请用 --sha256 核验",
        "no seal covers tables, totals and the list of invoices: compare the export with --sha256",
    ),
}
RESULTS = {
    "proven": ("完整且未被更改", "complete and unaltered"),
    "failed": ("核验不通过", "altered or incomplete"),
    "unproven": ("未能证明", "not proven"),
}
EXIT_CODES = {"proven": 0, "failed": 1, "unproven": 2}


class Finding(NamedTuple):
    """One thing that is not as it should be; `subject` names the file, document or day."""

    code: str
    subject: str
    detail: str = ""

    @property
    def texts(self) -> tuple[str, str]:
        return (FAILURES | GAPS)[self.code]

    def as_dict(self) -> dict[str, str]:
        zh, en = self.texts
        severity = "failed" if self.code in FAILURES else "unproven"
        named = {"code": self.code, "severity": severity, "subject": self.subject, "detail": self.detail}
        return named | {"text": en, "text_zh": zh}


@dataclass
class Report:
    """Counts everything, and keeps the first findings only: an archive may be wrong throughout."""

    findings: list[Finding] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, code: str, subject: str = "", detail: str = "") -> None:
        if not self.found[code] or len(self.findings) < MOST_KEPT:
            self.findings.append(Finding(code, subject, detail))
        self.found[code] += 1

    @property
    def result(self) -> str:
        if any(code in FAILURES for code in self.found):
            return "failed"
        return "unproven" if self.found else "proven"

    def as_dict(self) -> dict[str, Any]:
        return {
            "result": self.result,
            "checked": dict(self.checked),
            "found": dict(self.found),
            "findings": [finding.as_dict() for finding in self.findings],
            "notes": [
                {"code": code, "text": NOTES[code][1], "text_zh": NOTES[code][0]} for code in self.notes
            ],
        }
