import json
from argon2.low_level import hash_secret_raw, Type
cases = []
for password, passes, mib, length in [
    ('password', 2, 19, 32), ('password', 3, 19, 16), ('pass\u00e9 \U0001f511', 2, 32, 64), ('x' * 200, 16, 19, 33), ('p', 3, 64, 32),
]:
    salt = bytes(range(len(cases), len(cases) + 16))
    key = hash_secret_raw(password.encode(), salt, passes, mib * 1024, 1, length, Type.ID)
    cases.append({'password': password, 'salt': salt.hex(), 'passes': passes, 'memoryBytes': mib << 20, 'key': key.hex()})
print(json.dumps(cases, indent=1))
