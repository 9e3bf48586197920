"""A station on the Python package ocpp: see child-peer.ts."""

import asyncio
import importlib
import json
import sys

import websockets
from ocpp.charge_point import camel_to_snake_case, snake_to_camel_case
from ocpp.routing import on

MODULES = {'ocpp1.6': 'ocpp.v16', 'ocpp2.0.1': 'ocpp.v201', 'ocpp2.1': 'ocpp.v21'}


def write(what):
    print(json.dumps(what, default=str), flush=True)


def station_class(version, answers):
    def answering(action, answered):
        made = getattr(version.call_result, action)(**camel_to_snake_case(answered))

        async def answer(self, **payload):
            write({'asked': action, 'payload': snake_to_camel_case(payload)})
            return made

        # The package finds handlers by the names of their functions.
        answer.__name__ = f'on_{action}'
        return on(action)(answer)

    handlers = [answering(action, answered) for action, answered in answers.items()]
    return type('Station', (version.ChargePoint,), {handler.__name__: handler for handler in handlers})


async def say(version, station, told):
    try:
        call = getattr(version.call, told['action'])(**camel_to_snake_case(told['payload']))
        answer = await station.call(call, suppress=False)
        write({'number': told['number'], 'answer': snake_to_camel_case(vars(answer))})
    except Exception as refusal:
        write({'number': told['number'], 'refused': f'{type(refusal).__name__}: {refusal}'})


async def main():
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    opening = json.loads(await lines.readline())
    version = importlib.import_module(MODULES[opening['protocol']])
    url, name, password = (opening[key] for key in ('url', 'stationId', 'password'))
    address = f"{url}/{name}".replace('://', f'://{name}:{password}@')
    async with websockets.connect(address, subprotocols=[opening['protocol']]) as socket:
        station = station_class(version, opening['answers'])(name, socket)
        hears = asyncio.ensure_future(station.start())
        write({'ready': True})
        while line := await lines.readline():
            await say(version, station, json.loads(line))
        hears.cancel()


asyncio.run(main())
