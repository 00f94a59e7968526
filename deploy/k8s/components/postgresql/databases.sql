-- run once, when the volume is empty
CREATE DATABASE marketdata;
CREATE DATABASE portfolio;
CREATE DATABASE orchestrator;
CREATE DATABASE alerts;
