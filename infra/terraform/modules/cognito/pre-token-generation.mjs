// Puts the tenant of the user into the access token. A user without a tenant gets no token.
const { ATTRIBUTE, CLAIM } = process.env;

export const handler = async (event) => {
  const tenant = event.request.userAttributes[ATTRIBUTE];
  if (!tenant) {
    throw new Error("the user has no tenant");
  }
  event.response = {
    claimsAndScopeOverrideDetails: {
      accessTokenGeneration: { claimsToAddOrOverride: { [CLAIM]: tenant } },
    },
  };
  return event;
};
