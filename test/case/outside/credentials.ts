/** What the private repositories and MCP servers of the outside want. Apart, because suites in workerd need it too. */
export const GIT_USER = "robot";
export const GIT_PASSWORD = "a-password-for-git";
export const MCP_TOKEN = "a-token-for-the-mcp-server";
