"""An S3 server on this machine (moto), all in memory: for tests of a lake in a bucket."""

import os
import sys
from pathlib import Path

from parts import HOME, Part, free_port, listens

BUCKET = "lake"


class ObjectStore:
    """
    One bucket.

    :param root: where its log lies
    """

    def __init__(self, root: Path):
        self._port = free_port()
        self._part = Part(root, "s3")
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", self._port]
        self._part.launch(command, lambda: listens(self._port), os.environ | {"MOTO_S3_CUSTOM_ENDPOINTS": self.url})
        self._files().call_s3("create_bucket", Bucket=BUCKET)

    def stop(self) -> None:
        self._part.stop()

    def env(self) -> dict[str, str]:
        """How programs find it: Spark and the jobs, s3fs, and delta-rs, all by the same names. The keys are made up."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "loopback",
            "AWS_SECRET_ACCESS_KEY": "made-up-for-a-test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def download(self, folder: Path) -> Path:
        """The bucket as a folder, for the tools that read the lake from a disk."""
        files = self._files()
        for key, told in files.find(BUCKET, detail=True).items():
            if not told["size"]:
                continue  # Hadoop's way to say that there is a folder
            target = folder / key.removeprefix(f"{BUCKET}/")
            target.parent.mkdir(parents=True, exist_ok=True)
            files.get_file(key, str(target))
        return folder

    def _files(self):
        import s3fs

        env = self.env()
        return s3fs.S3FileSystem(
            key=env["AWS_ACCESS_KEY_ID"],
            secret=env["AWS_SECRET_ACCESS_KEY"],
            endpoint_url=self.url,
            client_kwargs={"region_name": env["AWS_REGION"]},
            use_listings_cache=False,
            skip_instance_cache=True,
        )


def extra_jars() -> Path:
    """The folder that profile s3a of the build makes."""
    return HOME / "build" / "s3a"
