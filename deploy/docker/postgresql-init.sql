-- each service has a database of its own; the first, marketdata, is made by the image
CREATE DATABASE portfolio;
CREATE DATABASE orchestrator;
CREATE DATABASE alerts;
