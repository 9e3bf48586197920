"""A SunSpec device of other people's software: models of pysunspec2, served by pymodbus.

Writes a line of JSON with its port; for each line on its input, one with what model 704 was told, by name.
"""

import asyncio
import json
import struct
import sys

import sunspec2.device as sunspec
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

BASE = 40000
SIZES = {"int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "sunssf": "h", "enum16": "H"}
TELLS = {
    203: {"W": -1500, "W_SF": 1, "PhVphA": 2301, "V_SF": -1},
    103: {"W": 1234, "W_SF": 1},
    701: {"W": 4000, "W_SF": 1},
    702: {"WChaRteMax": 900, "WDisChaRteMax": 1000, "W_SF": 2},
    704: {"WSet_SF": 0, "WSetEna": 0, "WSetMod": 0, "WSet": 0, "WSetRvrtTms": 0, "WSetEnaRvrt": 1},
    713: {"WHRtg": 2000, "SoC": 635, "WH_SF": 2, "Pct_SF": -1},
}


def places(model):
    """Where each point of a model is, by the library's own definition of it."""
    at = 0
    for point in sunspec.get_model_def(model)["group"]["points"]:
        yield point["name"], at, point["type"], point["size"]
        at += point["size"]


def length(model):
    return sum(size for _, _, _, size in places(model)) - 2


def words(kind, value):
    packed = struct.pack(">" + SIZES[kind], value)
    return [int.from_bytes(packed[at : at + 2], "big") for at in range(0, len(packed), 2)]


image = [0x5375, 0x6E53, 1, 66] + [0] * 66
starts = {}
for model, tells in TELLS.items():
    starts[model] = BASE + len(image)
    registers = [0x8000] * (length(model) + 2)
    registers[0:2] = [model, length(model)]
    for name, at, kind, size in places(model):
        if name in tells:
            registers[at : at + size] = words(kind, tells[name])
    image += registers
image += [0xFFFF, 0]
written = {}


async def action(_function, _start, address, _count, _current, values):
    for offset, value in enumerate(values or []):
        written[address + offset] = value


def told():
    """What was written into model 704, by name."""
    answer = {}
    for name, at, kind, size in places(704):
        got = [written.get(starts[704] + at + offset) for offset in range(size)]
        if None not in got:
            packed = b"".join(word.to_bytes(2, "big") for word in got)
            answer[name] = struct.unpack(">" + SIZES[kind], packed)[0]
    return answer


async def main():
    block = [SimData(BASE, values=image, datatype=DataType.REGISTERS)]
    server = ModbusTcpServer(SimDevice(id=1, simdata=block, action=action), address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    print(json.dumps({"port": server.transport.sockets[0].getsockname()[1]}), flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(told()), flush=True)
    await server.shutdown()


asyncio.run(main())
