# The consortium's chaincode as a service. Build it from the repository's root after `npm run bundle -w chaincode`:
#   docker build -f network/images/chaincode.Dockerfile -t roamgrid/chaincode:1.0 .
# The bundle depends on the sources alone: every organisation can build it and compare.
FROM node:20-bookworm-slim
ENV NODE_ENV=production
COPY chaincode/dist/server.cjs /srv/chaincode/server.cjs
USER node
CMD ["node", "/srv/chaincode/server.cjs"]
