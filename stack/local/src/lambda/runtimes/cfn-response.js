// Answers CloudFormation from inline code, as the module of this name does on AWS.
'use strict';

const http = require('node:http');
const https = require('node:https');

exports.SUCCESS = 'SUCCESS';
exports.FAILED = 'FAILED';

exports.send = (event, context, responseStatus, responseData, physicalResourceId, noEcho) => {
  const answer = JSON.stringify({
    Status: responseStatus,
    Reason: `See the details in CloudWatch Log Stream: ${context.logStreamName}`,
    PhysicalResourceId: physicalResourceId || context.logStreamName,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    NoEcho: noEcho || false,
    Data: responseData,
  });
  const url = new URL(event.ResponseURL);
  // A signed URL counts the content type in, and it was signed without one.
  const headers = { 'content-type': '', 'content-length': Buffer.byteLength(answer) };
  return new Promise((resolve) => {
    const end = () => {
      context.done?.();
      resolve();
    };
    const request = (url.protocol === 'http:' ? http : https).request(url, { method: 'PUT', headers }, (response) => {
      console.log(`Status code: ${response.statusCode}`);
      response.resume();
      response.on('end', end);
    });
    request.on('error', (error) => {
      console.log(`send(..) failed executing the request: ${error}`);
      end();
    });
    request.end(answer);
  });
};
