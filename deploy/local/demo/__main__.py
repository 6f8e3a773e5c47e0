"""Issue real invoices through every service and show what came of them."""

import random
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from deploy.local.demo.archive import check_archive, fetch_archive, prove_archive
from deploy.local.demo.bodies import paper_body, run_tag, varied_bodies, worked_bodies
from deploy.local.demo.client import Client
from deploy.local.demo.documents import check_documents
from deploy.local.demo.issued import Issued
from deploy.local.demo.mail import Mailbox
from deploy.local.demo.table import print_next_steps, print_table
from deploy.local.demo.tenants import Account, make_accounts
from deploy.local.stack import load_stack

VARIED = 100
CLIENTS = 4
WAIT_SECONDS = 90


def main() -> None:
    stack = load_stack()
    url = f"http://127.0.0.1:{stack.port('OFP_GATEWAY_PORT')}"
    print("Making the demo's tenants, users and keys …", flush=True)
    accounts = make_accounts(stack, url)
    # Letters are easier to tell apart than times, and references are unique for ever.
    run = f"{int(time.time()):x}"
    invoices = list(plan(accounts, run))
    print(f"Issuing {len(invoices)} invoices through {url} …", flush=True)
    with ThreadPoolExecutor(CLIENTS) as clients:
        for number, _ in enumerate(clients.map(Issued.post, invoices), 1):
            if number % 25 == 0:
                print(f"  {number} accepted", flush=True)
    wait_for_everything(invoices, Mailbox(f"http://127.0.0.1:{stack.port('OFP_MAILBOX_PORT')}"))
    print_table(invoices)
    folder = stack.local / "demo"
    folder.mkdir(exist_ok=True)
    prove_documents(invoices, accounts["A"].client, run, folder)
    print_next_steps(stack, url, invoices[0])


def plan(accounts: dict[str, Account], run: str) -> Iterator[Issued]:
    """The worked invoices and one on paper by tenant A, of the varied ones one in five by tenant B."""
    chance = random.Random(run)  # noqa: S311 - variety, not secrecy
    for name, body in (*worked_bodies(run), paper_body(run)):
        yield Issued(name, body["deliver"]["to"]["email"], accounts["A"].client, body)
    for name, body in varied_bodies(run, VARIED):
        tenant = "B" if chance.random() < 0.2 else "A"
        yield Issued(name, body["deliver"]["to"]["email"], accounts[tenant].client, body)


def wait_for_everything(invoices: list[Issued], mailbox: Mailbox) -> None:
    """Until each has its documents, its row in the list and its mail."""
    deadline, shown = time.monotonic() + WAIT_SECONDS, -1
    while time.monotonic() < deadline:
        for client in {id(each.client): each.client for each in invoices}.values():
            look_into_list(
                client, [each for each in invoices if each.client is client and not each.is_complete]
            )
        look_into_mailbox(mailbox, [each for each in invoices if each.seconds_to_mail is None])
        complete = sum(each.is_complete for each in invoices)
        if complete != shown:
            print(f"  {complete} of {len(invoices)} have documents, list row and mail", flush=True)
            shown = complete
        if complete == len(invoices):
            return
        time.sleep(0.1)
    late = [each.name for each in invoices if not each.is_complete]
    raise SystemExit(
        f"Not complete after {WAIT_SECONDS} s: {', '.join(late)}; see make status and make logs."
    )


def look_into_list(client: Client, waiting: Iterable[Issued]) -> None:
    """One page after the other of the newest invoices; the list tells the state of the documents too."""
    by_id = {each.invoice["id"]: each for each in waiting}
    cursor = ""
    for _ in range(2 if by_id else 0):
        page = client.get(f"/v1/invoices?limit=200{cursor}").expect(200)
        for item in page["items"]:
            if (issued := by_id.get(item["id"])) is not None:
                note_progress(issued, item)
        if page["next_cursor"] is None:
            return
        cursor = f"&cursor={page['next_cursor']}"


def note_progress(issued: Issued, item: dict[str, Any]) -> None:
    issued.invoice["number"] = item["number"]
    if issued.seconds_to_view is None and item["status"] == "issued":
        issued.seconds_to_view = issued.elapsed()
    if issued.seconds_to_documents is None and all(each["state"] == "ready" for each in item["documents"]):
        issued.seconds_to_documents = issued.elapsed()


def look_into_mailbox(mailbox: Mailbox, waiting: Iterable[Issued]) -> None:
    arrived = mailbox.new_recipients()
    for issued in waiting:
        if issued.email in arrived:
            issued.seconds_to_mail = issued.elapsed()


def prove_documents(invoices: list[Issued], client: Client, run: str, folder: Path) -> None:
    """Open the documents of the invoices that have no like, keep those of the first; fetch all of A as an archive."""
    looked_at = [each for each in invoices if not each.name.startswith("D")]
    for each in looked_at:
        found = check_documents(each)
        if each is invoices[0]:
            for name, content in found.items():
                (folder / f"{each.invoice['number']}.{name}").write_bytes(content)
    own, path = [each for each in invoices if each.client is client], folder / f"{run_tag(run)}.zip"
    fetch_archive(client, run_tag(run), path)
    totals = check_archive(path, own)
    prove_archive(client, path)
    print(
        f"PDF, OFD and XML of {len(looked_at)} invoices opened; archive of {totals['invoices']} invoices with "
        f"{totals['documents']} documents made and proven offline"
    )


if __name__ == "__main__":
    main()
