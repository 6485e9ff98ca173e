import { ArgumentsHost, Catch, ExceptionFilter, UseFilters } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import {
  ConnectedSocket,
  MessageBody,
  OnGatewayConnection,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
} from '@nestjs/websockets';
import type { Server, Socket } from 'socket.io';
import { AuctionService, type Ask, type Bid, type Lot } from './auction.service.js';

const OK = { ok: true };

/** Tells the sender by the event `error`, as documented, and by the acknowledgement. */
@Catch()
class Refuse implements ExceptionFilter {
  catch(exception: Error, host: ArgumentsHost) {
    const expected = exception instanceof WsException;
    if (!expected) console.error(exception);
    const message = expected ? exception.message : 'Internal error';
    host.switchToWs().getClient<Socket>().emit('error', { message });
    const acknowledge = host.getArgs().find((each) => typeof each === 'function');
    acknowledge?.({ ok: false, message });
  }
}

@UseFilters(Refuse)
@WebSocketGateway({ cors: { origin: '*', methods: ['GET', 'POST'] } })
export class AuctionGateway implements OnGatewayConnection {
  @WebSocketServer() private readonly server!: Server;

  constructor(
    private readonly auctions: AuctionService,
    private readonly jwt: JwtService,
  ) {}

  handleConnection(client: Socket) {
    const { auth, headers } = client.handshake;
    const token = auth.token ?? headers.authorization?.replace(/^Bearer /, '');
    if (!token) return this.turnAway(client, 'No token provided');
    try {
      client.data.userId = Number(this.jwt.verify(token).sub);
    } catch {
      return this.turnAway(client, 'Invalid or expired token');
    }
    client.on('disconnecting', () => {
      for (const name of client.rooms) if (name !== client.id) this.tellCount(name, -1);
    });
  }

  @SubscribeMessage('startLiveAuction')
  async start(@ConnectedSocket() client: Socket, @MessageBody() { auctionId }: Ask) {
    this.server.emit('auctionStarted', await this.auctions.start(auctionId, client.data.userId));
    return OK;
  }

  @SubscribeMessage('joinAuction')
  async join(@ConnectedSocket() client: Socket, @MessageBody() { auctionId }: Ask) {
    await this.auctions.requireLive(auctionId);
    await client.join(room(auctionId));
    this.tellCount(room(auctionId));
    return OK;
  }

  @SubscribeMessage('leaveAuction')
  async leave(@ConnectedSocket() client: Socket, @MessageBody() { auctionId }: Ask) {
    await client.leave(room(auctionId));
    this.tellCount(room(auctionId));
    return OK;
  }

  @SubscribeMessage('changeCuurentProduct')
  async changeProduct(@ConnectedSocket() client: Socket, @MessageBody() lot: Lot) {
    await this.auctions.changeProduct(client.data.userId, lot);
    const { auctionId, ...told } = lot;
    this.server.to(room(auctionId)).emit('auction_change_product', told);
    return OK;
  }

  @SubscribeMessage('placeBid')
  async placeBid(@ConnectedSocket() client: Socket, @MessageBody() bid: Bid) {
    const told = await this.auctions.placeBid(client.data.userId, bid);
    this.server.to(room(bid.auctionId)).emit('newBid', told);
    return OK;
  }

  private turnAway(client: Socket, message: string) {
    client.emit('error', { message });
    client.disconnect();
  }

  private tellCount(name: string, change = 0) {
    const userCount = (this.server.sockets.adapter.rooms.get(name)?.size ?? 0) + change;
    const auctionId = Number(name.replace('auction_', ''));
    this.server.to(name).emit('userCountUpdate', { auctionId, userCount });
  }
}

function room(auctionId: number) {
  return `auction_${auctionId}`;
}
