// The calls that a browser makes to the user pool for its user. They need no signature, and there is nothing to download for them.

// What a service refused, in its words.
export class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

// Reads which pool signs users in. The local cloud serves its pools where it serves this page.
export async function readConfig() {
  const answer = await fetch("config.json", { cache: "no-cache" });
  const config = answer.ok ? await answer.json() : {};
  if (!config.user_pool_id || !config.client_id) {
    throw new Error("config.json does not say which user pool signs you in: write the output `PageConfig` into it, and deploy again");
  }
  const region = config.user_pool_id.split("_")[0];
  const isLocal = location.pathname.startsWith("/_stack/");
  const url = isLocal ? `${location.origin}/` : `https://cognito-idp.${region}.amazonaws.com/`;
  return { url, client: config.client_id };
}

async function call({ url }, operation, input) {
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify(input),
  });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const code = String(body.__type ?? "").split("#").pop();
    throw new Refusal(code, body.message ?? `the user pool answered ${answer.status}`);
  }
  return body;
}

// What a token says. The page only shows it; whoever serves a request checks the token itself.
function claims(token) {
  const text = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
}

// A user who is signed in, or the challenge that comes before.
function outcome(answer) {
  if (answer.AuthenticationResult) {
    const token = answer.AuthenticationResult.AccessToken;
    const { sub, username } = claims(token);
    return { user: { token, sub, username } };
  }
  if (answer.ChallengeName === "NEW_PASSWORD_REQUIRED") {
    return { challenge: answer };
  }
  throw new Refusal(answer.ChallengeName, `this page cannot answer what the user pool asks for (${answer.ChallengeName})`);
}

export async function signIn(config, username, password) {
  const parameters = { USERNAME: username, PASSWORD: password };
  const input = { AuthFlow: "USER_PASSWORD_AUTH", ClientId: config.client, AuthParameters: parameters };
  return outcome(await call(config, "InitiateAuth", input));
}

export async function choosePassword(config, challenge, username, password) {
  const responses = { USERNAME: challenge.ChallengeParameters?.USER_ID_FOR_SRP ?? username, NEW_PASSWORD: password };
  const input = {
    ChallengeName: challenge.ChallengeName,
    ClientId: config.client,
    Session: challenge.Session,
    ChallengeResponses: responses,
  };
  return outcome(await call(config, "RespondToAuthChallenge", input));
}

// True when the address has to be confirmed with a code first.
export async function signUp(config, username, password) {
  const attributes = [{ Name: "email", Value: username }];
  const input = { ClientId: config.client, Username: username, Password: password, UserAttributes: attributes };
  return !(await call(config, "SignUp", input)).UserConfirmed;
}

export async function confirm(config, username, code) {
  await call(config, "ConfirmSignUp", { ClientId: config.client, Username: username, ConfirmationCode: code });
}

export async function resendCode(config, username) {
  await call(config, "ResendConfirmationCode", { ClientId: config.client, Username: username });
}
