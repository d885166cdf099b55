// A function that answers with sharp, up to its first poll of the Lambda Runtime API.
import http from 'node:http';
import 'sharp';

http.get(`http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next`);
