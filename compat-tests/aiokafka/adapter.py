"""aiokafka behind the adapter contract of ../README.md."""

import asyncio
import base64
import json
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic


async def create(request):
    admin = AIOKafkaAdminClient(bootstrap_servers=request["bootstrap"])
    await admin.start()
    await admin.create_topics([NewTopic(topic, request["partitions"], 1) for topic in request["topics"]])
    await admin.close()


async def produce(request):
    for target in request["topics"]:
        codec = None if target["codec"] == "none" else target["codec"]
        async with AIOKafkaProducer(
            bootstrap_servers=request["bootstrap"], compression_type=codec, enable_idempotence=True, linger_ms=50
        ) as producer:
            sent = [
                await producer.send(
                    target["topic"],
                    key=decode(record["key"]),
                    value=decode(record["value"]),
                    headers=[(key, decode(value)) for key, value in record["headers"]],
                    timestamp_ms=record["timestamp"],
                )
                for record in request["records"]
            ]
            for index, future in enumerate(sent):
                at = await future
                emit({"topic": at.topic, "index": index, "partition": at.partition, "offset": at.offset})


async def consume(request):
    async with new_consumer(request, group_id=None) as consumer:
        consumer.assign([TopicPartition(topic, p) for topic in request["topics"] for p in range(request["partitions"])])
        await consumer.seek_to_beginning()
        for _ in range(request["count"]):
            emit_record(await consumer.getone())


class Assignment(ConsumerRebalanceListener):
    async def on_partitions_revoked(self, revoked):
        emit({"assigned": []})

    async def on_partitions_assigned(self, assigned):
        emit({"assigned": sorted(p.partition for p in assigned)})


async def group(request):
    leaving = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    consumer = new_consumer(request, group_id=request["group"], heartbeat_interval_ms=500, session_timeout_ms=10000)
    consumer.subscribe(request["topics"], listener=Assignment())
    async with consumer:
        while not leaving.done():
            batches = await consumer.getmany(timeout_ms=200)
            for records in batches.values():
                for record in records:
                    emit_record(record)
            if batches:
                await consumer.commit()


async def committed(request):
    admin = AIOKafkaAdminClient(bootstrap_servers=request["bootstrap"])
    await admin.start()
    for at, position in (await admin.list_consumer_group_offsets(request["group"])).items():
        emit({"topic": at.topic, "partition": at.partition, "offset": position.offset})
    await admin.close()


def new_consumer(request, **options):
    return AIOKafkaConsumer(
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


def emit(line):
    print(json.dumps(line), flush=True)


def encode(data):
    return None if data is None else base64.b64encode(data).decode()


def decode(text):
    return None if text is None else base64.b64decode(text)


if __name__ == "__main__":
    operations = {f.__name__: f for f in (create, produce, consume, group, committed)}
    asyncio.run(operations[sys.argv[1]](json.loads(sys.stdin.readline())))
