"""A platform of an operator and provider on the Python package extrawest-ocpi, as its command line says."""

import json
import logging
import sys
import uuid

import uvicorn
from py_ocpi import get_application
from py_ocpi.core.adapter import BaseAdapter
from py_ocpi.core.authentication.authenticator import Authenticator
from py_ocpi.core.config import settings
from py_ocpi.core.crud import Crud
from py_ocpi.core.enums import Action, ModuleID, RoleEnum
from py_ocpi.modules.versions.enums import VersionNumber

PORT, INVITATION, OBJECTS = int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
given, theirs = set(), {}
kept = {module: {item.get('uid', item.get('id')).lower(): item for item in items} for module, items in OBJECTS.items()}


def write(what):
    print(json.dumps(what, default=str), flush=True)


class Memory(Crud):
    """Keeps what comes and writes it down."""

    @classmethod
    async def get(cls, module, role, id, *args, **kwargs):
        if module == ModuleID.commands:
            return {'result': 'ACCEPTED'}
        if module == ModuleID.credentials_and_registration:
            return credentials(kwargs['auth_token'])
        return kept.get(module.value, {}).get(str(id).lower())

    @classmethod
    async def list(cls, module, role, filters, *args, **kwargs):
        items = list(kept.get(module.value, {}).values())
        end = filters['offset'] + filters['limit']
        return items[filters['offset']:end], len(items), end >= len(items)

    @classmethod
    async def create(cls, module, role, data, *args, **kwargs):
        if module == ModuleID.credentials_and_registration:
            token = str(uuid.uuid4())
            given.add(token)
            theirs['token'] = data['credentials']['token']
            return credentials(token)
        return await cls.update(module, role, data, data.get('uid', data.get('id')), *args, **kwargs)

    @classmethod
    async def update(cls, module, role, data, id, *args, **kwargs):
        if module == ModuleID.credentials_and_registration:
            given.discard(kwargs['auth_token'])
            return await cls.create(module, role, data)
        write({'took': module.value, 'data': data})
        kept.setdefault(module.value, {})[str(id).lower()] = data
        return data

    @classmethod
    async def delete(cls, module, role, id, *args, **kwargs):
        given.discard(kwargs.get('auth_token'))

    @classmethod
    async def do(cls, module, role, action, *args, data=None, **kwargs):
        if action == Action.get_client_token:
            return theirs['token']
        write({'did': module.value, 'data': data})
        return {'result': 'ACCEPTED', 'timeout': 30}


def credentials(token):
    role = {
        'country_code': settings.COUNTRY_CODE,
        'party_id': settings.PARTY_ID,
        'business_details': {'name': 'Python platform'},
    }
    url = f'{settings.PROTOCOL}://{settings.OCPI_HOST}/{settings.OCPI_PREFIX}/versions'
    return {'token': token, 'url': url, 'roles': [{**role, 'role': name} for name in ('CPO', 'EMSP')]}


class Tokens(Authenticator):
    @classmethod
    async def get_valid_token_a(cls):
        return [INVITATION]

    @classmethod
    async def get_valid_token_c(cls):
        return list(given)


logging.disable(logging.CRITICAL)
app = get_application(
    version_numbers=[VersionNumber.v_2_2_1],
    roles=[RoleEnum.cpo, RoleEnum.emsp],
    crud=Memory,
    adapter=BaseAdapter,
    authenticator=Tokens,
    modules=[module for module in ModuleID if module not in (ModuleID.hub_client_info,)],
    http_push=True,
)
app.add_event_handler('startup', lambda: write({'ready': True}))
uvicorn.run(app, host='127.0.0.1', port=PORT, log_level='critical')
