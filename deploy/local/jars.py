"""Java programs from Maven Central, fetched once."""

import shutil
import subprocess
from pathlib import Path


def fetch_jars(jars: Path, pom: Path, what: str) -> None:
    """Fetch all that `pom` depends on into the folder `jars`; the stamp is the pom they were made from.

    Raises RuntimeError or FileNotFoundError with what to do.
    """
    stamp = jars / "pom.xml"
    if stamp.exists() and stamp.read_bytes() == pom.read_bytes():
        return
    if shutil.which("mvn") is None:
        raise FileNotFoundError("no Maven: run `make setup`")
    shutil.rmtree(jars, ignore_errors=True)
    options = ["-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={jars}"]
    print(f"  …     fetching {what} from Maven Central, once", flush=True)
    fetched = subprocess.run(["mvn", *options], check=False, capture_output=True, text=True)
    if fetched.returncode:
        raise RuntimeError(f"Maven could not fetch {what}:\n{fetched.stdout}{fetched.stderr}")
    shutil.copyfile(pom, stamp)
