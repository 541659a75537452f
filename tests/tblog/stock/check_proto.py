"""Compares our messages with the stock tensorboard package's: descriptors, and bytes both ways.

Usage: check_proto.py PROTO_PEER

Everything is derived from the two sets of descriptors, so a field that our .proto files gain is
tested without a change here, and a message without a stock counterpart below is an error.
"""

import json
import struct
import subprocess
import sys

from google.protobuf import struct_pb2
from google.protobuf.descriptor import FieldDescriptor as Field
from tensorboard.compat.proto import event_pb2, histogram_pb2, summary_pb2, tensor_pb2
from tensorboard.compat.proto import tensor_shape_pb2
from tensorboard.plugins.audio import plugin_data_pb2 as audio_pb2
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.histogram import plugin_data_pb2 as histogram_plugin_pb2
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2 as hparams_pb2
from tensorboard.plugins.image import plugin_data_pb2 as image_pb2
from tensorboard.plugins.mesh import plugin_data_pb2 as mesh_pb2
from tensorboard.plugins.pr_curve import plugin_data_pb2 as pr_curve_pb2
from tensorboard.plugins.scalar import plugin_data_pb2 as scalar_pb2
from tensorboard.plugins.text import plugin_data_pb2 as text_pb2

STOCK_FILES = (
    event_pb2, summary_pb2, histogram_pb2, tensor_pb2, tensor_shape_pb2, hparams_pb2, api_pb2,
    layout_pb2, scalar_pb2, histogram_plugin_pb2, text_pb2, image_pb2, audio_pb2, pr_curve_pb2,
    mesh_pb2,
)

TYPES = {
    Field.TYPE_INT32: "int32", Field.TYPE_INT64: "int64", Field.TYPE_UINT32: "uint32",
    Field.TYPE_FLOAT: "float", Field.TYPE_DOUBLE: "double", Field.TYPE_BOOL: "bool",
    Field.TYPE_ENUM: "enum", Field.TYPE_STRING: "string", Field.TYPE_BYTES: "bytes",
    Field.TYPE_MESSAGE: "message",
}

# Two sets of values: distinct ones, and the ends of each type's range.
EXTREMES = {
    "int32": -(2**31), "int64": -(2**63), "uint32": 2**32 - 1, "float": float("-inf"),
    "double": 1.7976931348623157e308, "bool": True, "string": "\x01\u00e9\u20ac\U0001f600",
    "bytes": b"\x00\xff\x80\x00",
}


def as_float(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def stock_messages():
    """Short name (without package) → descriptor, for every message of the stock files."""
    found = {"Value": struct_pb2.Value.DESCRIPTOR, "ListValue": struct_pb2.ListValue.DESCRIPTOR}

    def walk(descriptor, prefix):
        name = prefix + descriptor.name
        found.setdefault(name, descriptor)
        for inner in descriptor.nested_types:
            walk(inner, name + ".")

    for module in STOCK_FILES:
        for descriptor in module.DESCRIPTOR.message_types_by_name.values():
            walk(descriptor, "")
    return found


def check_descriptors(ours, stock):
    """Every field of ours is in the stock message: name, number, type, oneof, enum."""
    for name, fields in ours.items():
        theirs = stock[short(name)].fields_by_number
        oneofs = {}
        for field in fields:
            where = f"{name}.{field['name']}"
            other = theirs[field["number"]]
            assert other.name == field["name"], f"{where}: stock calls it {other.name}"
            assert TYPES[other.type] == field["type"], f"{where}: another type"
            assert other.is_repeated == field["repeated"], f"{where}: repeated or not"
            oneof = other.containing_oneof.name if other.containing_oneof else None
            assert (oneof is None) == (field["oneof"] is None), f"{where}: oneof or not"
            if oneof is not None:
                assert oneofs.setdefault(oneof, field["oneof"]) == field["oneof"], where
            if field["type"] == "message":
                assert stock[short(field["message"])] == other.message_type, f"{where}: message"
            for value, number in field.get("values", {}).items():
                assert other.enum_type.values_by_name[value].number == number, f"{where}: {value}"


def short(name):
    assert name.startswith("tblog_pb."), name
    return name[len("tblog_pb."):]


class Filler:
    """Makes plain dictionaries, as proto_peer prints them, with every declared field set."""

    def __init__(self, ours, extreme):
        self.ours = ours
        self.extreme = extreme
        self.count = 0

    def single(self, field, pick):
        self.count += 1
        kind = field["type"]
        if kind == "message":
            return self.message(field["message"], pick)
        if kind == "enum":
            numbers = sorted(n for n in field["values"].values() if n != 0)
            return numbers[-1] if self.extreme else numbers[self.count % len(numbers)]
        if self.extreme:
            value = EXTREMES[kind]
        elif kind == "string":
            value = f"text {self.count}"
        elif kind == "bytes":
            value = bytes([self.count % 256, 0, 255])
        elif kind == "bool":
            value = True
        else:
            value = self.count + (0.1 if kind in ("float", "double") else 0)
        if kind == "bytes":
            return value.hex()
        if kind == "float":
            return as_float(value).hex()
        return float(value).hex() if kind == "double" else value

    def message(self, name, pick):
        """`pick` chooses the member of each oneof."""
        result = {}
        oneofs = {}
        for field in self.ours[name]:
            if field["oneof"] is not None:
                oneofs.setdefault(field["oneof"], []).append(field)
        for field in self.ours[name]:
            members = oneofs.get(field["oneof"])
            if members and members[pick % len(members)] is not field:
                continue
            repeats = 3 if field["repeated"] else 1
            values = [self.single(field, pick + i) for i in range(repeats)]
            if field["type"] == "message" and field["message"].endswith("Entry"):
                for i, entry in enumerate(values):
                    entry["key"] = f"{i} {entry['key']}"
            result[field["name"]] = values if field["repeated"] else values[0]
        return result


def to_stock(plain, message):
    """Sets a stock message's fields from a plain dictionary."""
    for name, value in plain.items():
        field = message.DESCRIPTOR.fields_by_name[name]
        convert = converter(field)
        if field.type == Field.TYPE_MESSAGE and field.message_type.GetOptions().map_entry:
            for entry in value:
                to_stock(entry["value"], getattr(message, name)[entry["key"]])
        elif field.type == Field.TYPE_MESSAGE and field.is_repeated:
            for inner in value:
                to_stock(inner, getattr(message, name).add())
        elif field.type == Field.TYPE_MESSAGE:
            getattr(message, name).SetInParent()
            to_stock(value, getattr(message, name))
        elif field.is_repeated:
            getattr(message, name).extend(convert(v) for v in value)
        else:
            setattr(message, name, convert(value))
    return message


def converter(field):
    if field.type == Field.TYPE_BYTES:
        return bytes.fromhex
    if field.type in (Field.TYPE_FLOAT, Field.TYPE_DOUBLE):
        return float.fromhex
    return lambda value: value


def normalized(plain, ours, name):
    """Maps have no order; numbers in hexadecimal have more than one spelling."""
    result = {}
    kinds = {field["name"]: field for field in ours[name]}
    for key, value in plain.items():
        field = kinds[key]

        def one(item, field=field):
            if field["type"] == "message":
                return normalized(item, ours, field["message"])
            return float.fromhex(item) if field["type"] in ("float", "double") else item

        result[key] = [one(item) for item in value] if field["repeated"] else one(value)
        if field.get("message", "").endswith("Entry"):
            result[key].sort(key=lambda entry: entry["key"])
    return result


def main():
    peer = sys.argv[1]

    def call(*arguments, given=b""):
        return subprocess.run([peer, *arguments], input=given, stdout=subprocess.PIPE,
                              check=True).stdout

    ours = json.loads(call("describe"))
    stock = stock_messages()
    check_descriptors(ours, stock)

    from google.protobuf import message_factory

    covered = 0
    for name in ours:
        if name.endswith("Entry"):
            continue  # inside its map
        widest = max([1] + [sum(f["oneof"] == g["oneof"] for g in ours[name])
                            for f in ours[name] if f["oneof"] is not None])
        stock_class = message_factory.GetMessageClass(stock[short(name)])
        for extreme in (False, True):
            for pick in range(widest):
                plain = Filler(ours, extreme).message(name, pick)
                expected = to_stock(plain, stock_class())
                sent = expected.SerializeToString()
                where = f"{name}, oneof member {pick}, extreme {extreme}"

                decoded = json.loads(call("decode", name, given=sent))
                assert normalized(decoded, ours, name) == normalized(plain, ours, name), where
                repacked = call("repack", name, given=sent)
                assert stock_class.FromString(repacked) == expected, f"{where}: repacked"
                made = call("encode", name, given=json.dumps(plain).encode())
                assert stock_class.FromString(made) == expected, f"{where}: made by C"
                assert sorted(made) == sorted(sent), f"{where}: packed in another way"
                covered += 1
    print(f"{len(ours)} messages, {sum(map(len, ours.values()))} fields, {covered} round trips")


if __name__ == "__main__":
    main()
