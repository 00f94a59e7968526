"""The image and compose.yaml as a machine without a registry can have them: a base made here, a store of its own."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
#: What is made of the image and runs without being asked for.
SERVICES: Final = tuple(
    name for name, service in COMPOSE["services"].items() if "profiles" not in service and "command" in service
)
PROGRAMS: Final = ("buildah", "podman", "podman-compose", "debootstrap", "runc")
NETAVARK: Final = Path("/usr/lib/podman/netavark")
BASE: Final = "localhost/wyckoff-test-base"
IMAGE: Final = "localhost/wyckoff-test"
PROJECT: Final = "wyckofftest"
_PACKAGES: Final = "python3,python3-venv,ca-certificates"
_RELEASE: Final = "bookworm"
#: Left out of the base: lists and files of the package manager.
_NOT_NEEDED: Final = ("./var/cache/apt", "./var/lib/apt/lists", "./proc", "./sys", "./dev")


def missing() -> str:
    """What this machine lacks; empty when it can do all."""
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if not NETAVARK.exists():
        lacking.append("netavark")
    if os.geteuid() != 0:
        lacking.append("root, for debootstrap and chroot")
    return ", ".join(lacking)


@dataclass(frozen=True)
class Containers:
    """A store of images and containers in ``folder``, and ``environment`` that leads the programs to it."""

    folder: Path
    environment: dict[str, str]

    def run(self, *command: str, check: bool = True, timeout_s: float = 600) -> str:
        """Standard output of a program; raises with all it said when it fails."""
        environment = dict(self.environment)
        if command[0] == "buildah":
            # the limits there are for what podman runs; buildah's own are lower already
            del environment["CONTAINERS_CONF"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=timeout_s
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def compose(self, *arguments: str) -> str:
        return self.run("podman-compose", "-p", PROJECT, "-f", "compose.yaml", *arguments)

    def inside(self, service: str, *command: str, check: bool = True) -> str:
        """Run a command in the container of a service."""
        return self.run("podman", "exec", self.name(service), *command, check=check)

    def name(self, service: str) -> str:
        return f"{PROJECT}_{service}_1"

    def state(self, service: str) -> dict[str, Any]:
        text = self.run("podman", "inspect", self.name(service))
        found: dict[str, Any] = yaml.safe_load(text)[0]
        return found

    def build_base(self) -> None:
        """Debian with Python and nothing else, from its packages: no registry is asked."""
        tree, archive = self.folder / "base", self.folder / "base.tar"
        self.run("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _RELEASE, str(tree))
        left_out = [f"--exclude={place}/*" for place in _NOT_NEEDED]
        self.run("tar", "-C", str(tree), *left_out, "-cf", str(archive), ".")
        shutil.rmtree(tree)
        recipe = self.folder / "base.Dockerfile"
        recipe.write_text("FROM scratch\nADD base.tar /\n", encoding="utf-8")
        self.run(
            "buildah", "build", "--isolation=chroot", "--layers=false", "-f", str(recipe), "-t", BASE, str(self.folder)
        )
        archive.unlink()

    def build_image(self) -> None:
        """The image of the services on that base."""
        authorities = "/etc/ssl/certs/ca-certificates.crt"
        trusted = [f"--volume={authorities}:{authorities}:ro"] if Path(authorities).exists() else []
        self.run(
            *("buildah", "build", "--isolation=chroot", "--layers=false", "--pull-never", f"--build-arg=BASE={BASE}"),
            *(*trusted, "-f", "deploy/docker/Dockerfile", "-t", IMAGE, "."),
        )


@contextmanager
def container_store(gateway_port: int) -> Iterator[Containers]:
    """An empty store, which is gone with all that runs from it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="wyckoff-image-"))
    files, processes = resource.getrlimit(resource.RLIMIT_NOFILE)[1], resource.getrlimit(resource.RLIMIT_NPROC)[1]
    # more than this process may have cannot be given to a container
    limits = [f"{name}={most}:{most}" for name, most in (("nofile", min(files, 4096)), ("nproc", min(processes, 4096)))]
    (folder / "containers.conf").write_text(
        f"[containers]\ndefault_ulimits = {limits}\n"
        '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
        '[network]\nnetwork_backend = "netavark"\n',
        encoding="utf-8",
    )
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/store"\nrunroot = "{folder}/run"\n', encoding="utf-8"
    )
    environment = {
        **os.environ,
        "CONTAINERS_CONF": str(folder / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        "WYCKOFF_IMAGE": IMAGE,
        "GATEWAY_PORT": str(gateway_port),
    }
    store = Containers(folder, environment)
    try:
        yield store
    finally:
        store.run("podman-compose", "-p", PROJECT, "-f", "compose.yaml", "down", "-v", check=False)
        store.run("podman", "network", "prune", "--force", check=False)
        store.run("podman", "rm", "--all", "--force", check=False)
        store.run("buildah", "rm", "--all", check=False)
        store.run("podman", "rmi", "--all", "--force", check=False)
        store.run("umount", str(folder / "store" / "overlay"), check=False)
        shutil.rmtree(folder)
