"""Business logic and a VEN of other people's software (PyPI `openadr3`) at the VTN that the first argument names.

Writes one line of JSON: for each action what the library made of the answer.
"""

import json
import sys

from openadr3.api import OpenADRClient

url, business_secret, ven_secret = sys.argv[1:4]


def client(name, secret):
    made = OpenADRClient(url)
    made.fetch_token(name, secret)
    return made


business, house = client("utility", business_secret), client("house", ven_secret)
seen = {}

program = business.create_program({"programName": "peer"}).json()
seen["programs"] = [one.program_name for one in house.programs()]
event = business.create_event(
    {
        "programID": program["id"],
        "intervalPeriod": {"start": "2026-12-01T17:00:00Z", "duration": "PT1H"},
        "payloadDescriptors": [
            {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": "IMPORT_CAPACITY_LIMIT", "units": "KW"}
        ],
        "intervals": [{"id": 0, "payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": [3]}]}],
    }
).json()
(told,) = house.events(programID=program["id"])
seen["events"] = [
    str(told.interval_period.start),
    told.interval_period.duration.total_seconds(),
    [float(value) for value in told.intervals[0].payloads[0].values],
]
ven = house.create_ven({"objectType": "VEN_VEN_REQUEST", "venName": "peer-house"}).json()
seen["vens"] = [one.ven_name for one in house.vens()]
house.create_resource(
    {"objectType": "VEN_RESOURCE_REQUEST", "resourceName": "peer-meter", "venID": ven["id"]}
).raise_for_status()
seen["resources"] = [one.resource_name for one in business.resources(venID=ven["id"])]
house.create_subscription(
    {
        "clientName": "peer-house",
        "objectOperations": [
            {"objects": ["EVENT"], "operations": ["CREATE"], "callbackUrl": "http://127.0.0.1:9/none"}
        ],
    }
).raise_for_status()
seen["subscriptions"] = [one.client_name for one in house.subscriptions()]
house.create_report(
    {
        "eventID": event["id"],
        "clientName": "peer-house",
        "resources": [
            {"resourceName": "peer-meter", "intervals": [{"id": 0, "payloads": [{"type": "USAGE", "values": [1.5]}]}]}
        ],
    }
).raise_for_status()
seen["reports"] = [one.client_name for one in business.reports(eventID=event["id"])]
seen["refused"] = [
    house.create_program({"programName": "mine"}).status_code,
    house.create_event({"programID": program["id"]}).status_code,
    business.get_event_by_id("none").status_code,
]
seen["updated"] = business.update_event(event["id"], {"programID": program["id"], "eventName": "named"}).status_code
seen["deleted"] = business.delete_event(event["id"]).status_code
print(json.dumps(seen))
