// The documented server as it is plainly written with NestJS and Prisma: the part of it that the
// crowd of the benchmarks needs. A bid reads and writes in one transaction, without a lock.
//
// DATABASE_URL and JWT_SECRET are in the environment. It prints its port, and ends with its stdin.

import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { AuctionGateway } from './auction.gateway.js';
import { AuctionService } from './auction.service.js';
import { PrismaService } from './prisma.service.js';

@Module({
  imports: [JwtModule.register({ secret: process.env.JWT_SECRET })],
  providers: [AuctionGateway, AuctionService, PrismaService],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.listen(0, '127.0.0.1');
console.log((app.getHttpServer().address() as AddressInfo).port);
process.stdin.on('end', () => process.exit(0)).resume();
