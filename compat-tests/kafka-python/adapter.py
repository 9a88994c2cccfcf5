"""kafka-python behind the adapter contract of ../README.md."""

import base64
import json
import sys
import threading

from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition


def create(request):
    admin = KafkaAdminClient(bootstrap_servers=request["bootstrap"])
    options = {"num_partitions": request["partitions"], "replication_factor": 1}
    admin.create_topics({topic: options for topic in request["topics"]})
    admin.close()


def produce(request):
    for target in request["topics"]:
        codec = None if target["codec"] == "none" else target["codec"]
        producer = KafkaProducer(bootstrap_servers=request["bootstrap"], compression_type=codec, linger_ms=50)
        sent = [
            producer.send(
                target["topic"],
                key=decode(record["key"]),
                value=decode(record["value"]),
                headers=[(key, decode(value)) for key, value in record["headers"]],
                timestamp_ms=record["timestamp"],
            )
            for record in request["records"]
        ]
        for index, future in enumerate(sent):
            at = future.get(30)
            emit({"topic": at.topic, "index": index, "partition": at.partition, "offset": at.offset})
        producer.close()


def consume(request):
    consumer = new_consumer(request, group_id=None)
    consumer.assign([TopicPartition(topic, p) for topic in request["topics"] for p in consumer.partitions_for_topic(topic)])
    consumer.seek_to_beginning()
    for _ in range(request["count"]):
        emit_record(next(consumer))
    consumer.close()


class Assignment(ConsumerRebalanceListener):
    def __init__(self, consumer):
        self.consumer = consumer

    def on_partitions_revoked(self, revoked):
        emit({"assigned": []})

    def on_partitions_assigned(self, assigned):
        emit({"assigned": sorted(p.partition for p in self.consumer.assignment())})


def group(request):
    leaving = wait_for_end_of_input()
    consumer = new_consumer(request, group_id=request["group"], heartbeat_interval_ms=500, session_timeout_ms=10000)
    consumer.subscribe(request["topics"], listener=Assignment(consumer))
    # A rejoin because of newly learned metadata is forgotten by 3.0.12 if a poll times out during it, and the
    # member never heartbeats again: it must know the partitions before it joins.
    for topic in request["topics"]:
        consumer.partitions_for_topic(topic)
    while not leaving.is_set():
        for records in consumer.poll(200).values():
            for record in records:
                emit_record(record)
            consumer.commit()
    consumer.close()


def committed(request):
    admin = KafkaAdminClient(bootstrap_servers=request["bootstrap"])
    for at, position in admin.list_group_offsets(request["group"])[request["group"]].items():
        emit({"topic": at.topic, "partition": at.partition, "offset": position.offset})
    admin.close()


def new_consumer(request, **options):
    return KafkaConsumer(
        bootstrap_servers=request["bootstrap"], auto_offset_reset="earliest", enable_auto_commit=False, **options
    )


def emit_record(record):
    emit(
        {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "timestamp": record.timestamp,
            "key": encode(record.key),
            "value": encode(record.value),
            "headers": [[key, encode(value)] for key, value in record.headers],
        }
    )


def wait_for_end_of_input():
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    return ended


def emit(line):
    print(json.dumps(line), flush=True)


def encode(data):
    return None if data is None else base64.b64encode(data).decode()


def decode(text):
    return None if text is None else base64.b64decode(text)


if __name__ == "__main__":
    operations = {f.__name__: f for f in (create, produce, consume, group, committed)}
    operations[sys.argv[1]](json.loads(sys.stdin.readline()))
