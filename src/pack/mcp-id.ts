/**
 * What the model, `denied`, and every event call a remote tool. No server's id holds two underscores or ends in one, so
 * the first two end it.
 */
export const mcpToolId = (serverId: string, toolName: string): string => `${serverId}__${toolName}`;
