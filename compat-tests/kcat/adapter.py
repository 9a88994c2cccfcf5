"""kcat behind the adapter contract of ../README.md: its command lines, and its output taken apart.

kcat makes no topics, sets no timestamps, takes headers only for a whole run, and asks nobody for
committed offsets; the harness knows (../harness/clients.ts).
"""

import base64
import json
import re
import signal
import subprocess
import sys
import threading

KEY_ENDS, RECORD_ENDS = b"<=key#", b"<=record#"
FORMAT = "%t %p %o %T %K %S\\n%k%s%h\\n"


def produce(request):
    lines = [decode(r["key"]) + KEY_ENDS + (decode(r["value"]) or b"") for r in request["records"]]
    headers = request["records"][0]["headers"]
    options = [o for key, value in headers for o in ("-H", f"{key}={decode(value).decode()}")]
    options += ["-Z", "-K", KEY_ENDS, "-D", RECORD_ENDS, "-X", "partitioner=murmur2_random", "-X", "linger.ms=50"]
    options += ["-X", "enable.idempotence=true"]
    for target in request["topics"]:
        command = kcat(request, "-P", "-t", target["topic"], "-z", target["codec"], *options)
        subprocess.run(command, input=RECORD_ENDS.join(lines), check=True)


def consume(request):
    options = ["-X", "auto.offset.reset=earliest", "-X", "enable.auto.commit=false", "-c", str(request["count"])]
    command = kcat(request, "-q", "-f", FORMAT, *options, "-G", request["group"], *request["topics"])
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        emit_records(process.stdout)


def group(request):
    options = ["-X", "auto.offset.reset=earliest", "-X", "auto.commit.interval.ms=200"]
    options += ["-X", "heartbeat.interval.ms=500", "-X", "session.timeout.ms=10000", "-u"]
    command = kcat(request, "-f", FORMAT, *options, "-G", request["group"], *request["topics"])
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        threading.Thread(target=emit_assignments, args=[process.stderr], daemon=True).start()
        threading.Thread(target=lambda: (sys.stdin.read(), process.send_signal(signal.SIGINT)), daemon=True).start()
        emit_records(process.stdout)


def emit_assignments(stderr):
    for line in stderr:
        if b" rebalanced " in line:
            assigned = re.findall(rb"\[(\d+)\]", line) if b": assigned: " in line else []
            emit({"assigned": sorted(int(p) for p in assigned)})
        elif not line.startswith((b"% Reached end", b"% Waiting for group")):
            sys.stderr.write(line.decode())


def emit_records(stdout):
    for line in stdout:
        topic, partition, offset, timestamp, key_size, value_size = line.decode().split()
        key, value = read(stdout, int(key_size)), read(stdout, int(value_size))
        headers = stdout.readline().rstrip(b"\n")
        pairs = [pair.partition(b"=") for pair in headers.split(b",")] if headers else []
        emit(
            {
                "topic": topic,
                "partition": int(partition),
                "offset": int(offset),
                "timestamp": int(timestamp),
                "key": encode(key),
                "value": encode(value),
                "headers": [[key.decode(), encode(value)] for key, _, value in pairs],
            }
        )


def read(stream, size):
    return None if size < 0 else stream.read(size)


def kcat(request, *options):
    return ["kcat", "-b", request["bootstrap"], *options]


def emit(line):
    print(json.dumps(line), flush=True)


def encode(data):
    return None if data is None else base64.b64encode(data).decode()


def decode(text):
    return None if text is None else base64.b64decode(text)


if __name__ == "__main__":
    operations = {f.__name__: f for f in (produce, consume, group)}
    operations[sys.argv[1]](json.loads(sys.stdin.readline()))
