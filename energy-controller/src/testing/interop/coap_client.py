"""A peer of other people's software (PyPI `aiocoap`) on a house's network: its key and the house's port are the arguments.

Writes one line of JSON with what it was answered.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time

import aiocoap

port, peer, key = int(sys.argv[1]), sys.argv[2], base64.urlsafe_b64decode(sys.argv[3] + "=")
START = 1796083200000
last = 0


def text(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def proof(method, path, body):
    global last
    last = max(last + 1, int(time.time() * 1000))
    digest = text(hashlib.sha256(body).digest()) if body else ""
    lines = "\n".join([method, path, peer, str(last), digest])
    mac = text(hmac.new(key, lines.encode(), hashlib.sha256).digest())
    return [f"from={peer}", f"seq={last}", *([f"digest={digest}"] if body else []), f"mac={mac}"]


def message(code, path, body=b"", **more):
    made = aiocoap.Message(code=code, uri=f"coap://127.0.0.1:{port}{path}", payload=body, **more)
    made.opt.uri_query = proof({aiocoap.GET: "GET", aiocoap.PUT: "PUT"}[code], path, body)
    return made


def prices(version):
    hour = 3600000
    intervals = [
        {"startMs": START + at * hour, "endMs": START + (at + 1) * hour, "priceMicrosPerKWh": str(100000 + at)}
        for at in range(96)
    ]
    return json.dumps({"version": version, "intervals": intervals}).encode()


async def main():
    context = await aiocoap.Context.create_client_context()
    seen = {}

    async def ask(*args, **more):
        return await context.request(message(*args, **more)).response

    links = aiocoap.Message(code=aiocoap.GET, uri=f"coap://127.0.0.1:{port}/.well-known/core")
    seen["discovered"] = b"</emap/price>" in (await context.request(links).response).payload
    observing = context.request(message(aiocoap.GET, "/emap/price", observe=0))
    first = json.loads((await observing.response).payload)
    put = await ask(aiocoap.PUT, "/emap/price/day", prices(1))
    seen["put"] = [str(put.code), json.loads(put.payload)["outcome"]]
    noticed = json.loads((await observing.observation.__aiter__().__anext__()).payload)
    seen["noticed"] = noticed["changes"] > first["changes"]
    got = json.loads((await ask(aiocoap.GET, "/emap/price")).payload)["signals"]
    seen["got"] = [len(got), len(got[0]["intervals"]), got[0]["intervals"][95]["priceMicrosPerKWh"]]
    bare = aiocoap.Message(code=aiocoap.GET, uri=f"coap://127.0.0.1:{port}/emap/price")
    seen["bare"] = str((await context.request(bare).response).code)
    print(json.dumps(seen))
    await context.shutdown()


asyncio.run(main())
