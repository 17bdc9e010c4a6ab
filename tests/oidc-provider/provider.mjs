// A school's OpenID Connect provider, for the tests of sign-in: the certified implementation `oidc-provider`, with its own
// pages for signing in and consenting. Whoever types a number there is that number.
//
// node provider.mjs <port> <redirect URI> <where the claims stand: id_token or userinfo>

import Provider from 'oidc-provider';

const [port, redirect, where] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'homeroom',
    client_secret: 'a secret of the tests',
    redirect_uris: [redirect],
    grant_types: ['authorization_code'],
    response_types: ['code'],
  }],
  claims: { openid: ['sub'], profile: ['preferred_username', 'employee_number'] },
  conformIdTokenClaims: where !== 'id_token',
  findAccount: (_, number) => ({
    accountId: number,
    claims: () => ({ sub: `account of ${number}`, preferred_username: number, employee_number: number }),
  }),
  features: { devInteractions: { enabled: true } },
  pkce: { required: () => true },
  cookies: { keys: ['of the tests'] },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
