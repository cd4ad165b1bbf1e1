"""Hadoop's XML configuration files."""

import pathlib
from xml.sax.saxutils import escape


def write_configuration(directory, core, hdfs):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for name, values in (("core-site.xml", core), ("hdfs-site.xml", hdfs)):
        properties = "".join(
            f"  <property><name>{escape(key)}</name><value>{escape(str(value))}</value></property>\n"
            for key, value in sorted(values.items()))
        (directory / name).write_text(f'<?xml version="1.0"?>\n<configuration>\n{properties}</configuration>\n')
    return directory
