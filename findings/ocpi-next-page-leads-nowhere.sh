#!/usr/bin/env bash
# A list of the OCPI server of extrawest-ocpi that is longer than a page names the next one in its Link header; on
# Python 3.11 and later that address has the names of enumerations in it and is not found, and a date that was not
# given goes on as the text None. Whoever follows the links has the first 50 objects and no more.
# Guard: where X-Total-Count says more than came, ask by offset at the address of the first page.
set -euo pipefail
pip_packages=(extrawest-ocpi==2025.7.16 httpx==0.24.1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cat > probe.py <<'EOF'
import base64
import logging
import sys
from urllib.parse import urlsplit

from fastapi.testclient import TestClient
from py_ocpi import get_application
from py_ocpi.core.adapter import Adapter
from py_ocpi.core.authentication.authenticator import Authenticator
from py_ocpi.core.crud import Crud
from py_ocpi.core.enums import ModuleID, RoleEnum
from py_ocpi.modules.tariffs.v_2_2_1.schemas import Tariff
from py_ocpi.modules.versions.enums import VersionNumber

logging.disable(logging.CRITICAL)
element = {'price_components': [{'type': 'ENERGY', 'price': 0.25, 'step_size': 1}]}
common = {'country_code': 'DE', 'party_id': 'ALL', 'currency': 'EUR', 'last_updated': '2026-06-29T20:39:09Z'}
tariffs = [{**common, 'id': f't{number}', 'elements': [element]} for number in range(120)]


class Tariffs(Crud):
    @classmethod
    async def list(cls, module, role, filters, *args, **kwargs):
        end = filters['offset'] + filters['limit']
        return tariffs[filters['offset']:end], len(tariffs), end >= len(tariffs)

    get = create = update = delete = do = None


class AsTheyAre(Adapter):
    @classmethod
    def tariff_adapter(cls, data, version=None):
        return Tariff(**data)


class Tokens(Authenticator):
    @classmethod
    async def get_valid_token_c(cls):
        return ['token']

    get_valid_token_a = get_valid_token_c


client = TestClient(get_application(
    version_numbers=[VersionNumber.v_2_2_1], roles=[RoleEnum.cpo], crud=Tariffs, modules=[ModuleID.tariffs],
    authenticator=Tokens, adapter=AsTheyAre,
))
client.headers['authorization'] = 'Token ' + base64.b64encode(b'token').decode()
first = client.get('/ocpi/cpo/2.2.1/tariffs/')
link = first.headers['link'].split('>')[0][1:]
following = client.get(link.replace('https://www.example.com', ''))
by_hand = client.get('/ocpi/cpo/2.2.1/tariffs/?offset=50')
print(f"seen     first page: {len(first.json()['data'])} of {first.headers['x-total-count']}")
print(f'         its next page, {urlsplit(link).path}?{urlsplit(link).query}: {following.status_code}')
print(f"         by offset at the first page's address: {len(by_hand.json()['data'])} more")
sys.exit(0 if following.status_code == 404 and 'None' in link and len(by_hand.json()['data']) == 50 else 1)
EOF
echo "package  ${pip_packages[*]}"
cat <<'EOF'
guess    following rel="next" from page to page gives all 120 tariffs
EOF
venv/bin/python probe.py || { echo 'no longer seen'; exit 1; }
